"""`rca serve`: run the service."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def serve(
    *,
    db: Path,
    host: str = "127.0.0.1",
    port: int = 8600,
    allowed_host: tuple[str, ...] = (),
    project: tuple[str, ...] = (),
    config: Path | None = None,
    accept_loss: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run the service.

    Parameters
    ----------
    db
        DuckDB database; it is made when it is not there.
    host
        Address to listen on; any but loopback needs a token to be made first.
    port
        Port to listen on; 0 takes a free one.
    allowed_host
        Name by which clients address the service, besides the address itself; may be given several times.
    project
        Another project as NAME=FILE, served below /projects/NAME; may be given several times.
    config
        TOML file: who is told of what, how people log in.
    accept_loss
        Go on with a database that holds less than was acknowledged.
    """
    # the service is a layer above the engine and its commands, which therefore do not import it
    import_module("api.serve").serve(
        db=db,
        host=host,
        port=port,
        allowed_hosts=allowed_host,
        projects=project,
        config=config,
        accept_loss=accept_loss,
    )
