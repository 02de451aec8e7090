"""`rca tokens`: who may use the service."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.figures import opened
from rca.cli.output import out, print_json, to_json


def tokens_add(
    *,
    db: Path,
    name: str,
    account: str,
    scope: tuple[str, ...],
    days: int = 90,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Make a token.

    Parameters
    ----------
    db
        DuckDB database of the service; made when it is not there.
    name
        What the token is for.
    account
        Who acts with it.
    scope
        What it allows: ingest, read, review, train or admin; may be given several times.
    days
        How long it holds.
    json
        Print JSON.
    """
    from rca.live.tokens import make_token
    from rca.warehouse import Warehouse

    with Warehouse(db) as warehouse:
        token, bearer = make_token(warehouse, name, account, scope, datetime.now(UTC), days=days)
    if json:
        print_json(to_json({"id": token.id, "bearer": bearer, "scopes": token.scopes, "account": token.account}))
        return
    console = out()
    console.print(f"Token {token.id} of {token.account}: {', '.join(token.scopes)}, for {days} days.", highlight=False)
    console.print("It is shown this once; send it as", highlight=False)
    console.print(f"  Authorization: Bearer {bearer}", highlight=False, soft_wrap=True)


def tokens_list(*, db: Path, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """List all tokens.

    Parameters
    ----------
    db
        DuckDB database of the service.
    json
        Print JSON.
    """
    from rca.live.tokens import all_tokens

    with opened(db) as warehouse:
        found = all_tokens(warehouse)
    now = datetime.now(UTC)
    if json:
        names = ("id", "name", "account", "scopes", "made_at", "expires_at", "revoked_at")
        print_json(to_json([{name: getattr(one, name) for name in names} | {"holds": one.holds(now)} for one in found]))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("id", "name", "account", "scopes", "until", box=None)
    for one in found:
        until = "revoked" if one.revoked_at else f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "for good"
        until = until if one.holds(now) or one.revoked_at else "expired"
        table.add_row(one.id, Text(one.name), Text(one.account), ", ".join(one.scopes), until)
    out().print(table if found else "There is no token: whoever reaches the service may do everything.")


def tokens_revoke(token: str, /, *, db: Path) -> None:
    """Let a token hold no longer.

    Parameters
    ----------
    token
        Its id, as `rca tokens list` shows it.
    db
        DuckDB database of the service.
    """
    from rca.live.tokens import revoke_token

    with opened(db) as warehouse:
        revoked = revoke_token(warehouse, token, datetime.now(UTC))
    out().print(f"Token {revoked.id} holds no longer.", highlight=False)
