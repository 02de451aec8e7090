"""How a service runs: where, with which database, and what it allows."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from api.oidc import Oidc
from rca.errors import InputError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask for. Sizes are in bytes, rates in requests a minute."""

    body: int = 64_000_000
    inflated: int = 128_000_000
    rows: int = 1_000_000
    requests: int = 6_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one service.

    Parameters
    ----------
    allowed_hosts
        Names under which clients may address it (the Host header): others are refused, so that no page of another site
        can reach it by rebinding its name.
    anonymous
        Whether whoever reaches it may do everything; only on loopback.
    private_hooks
        Whether webhooks may go to private and loopback addresses.
    notify
        Where people are told of answers and reviews, as apprise writes it.
    weekly
        Whether the review of a week is frozen when the week is over, and told of.
    explore
        Share of the closed incidents, [0, 1], whose first three causes a reviewer's page shows in random order.
    public_url
        Where people reach the service; links in notifications lead there.
    oidc
        Which other service people can log in through.
    """

    db: Path
    host: str = "127.0.0.1"
    port: int = 8600
    allowed_hosts: tuple[str, ...] = ()
    anonymous: bool = True
    private_hooks: bool = False
    notify: tuple[str, ...] = ()
    weekly: bool = False
    explore: float = 0.0
    public_url: str | None = None
    oidc: Oidc | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def hosts(self) -> frozenset[str]:
        """Return the names that the Host header may give, in small letters, without port."""
        return frozenset(name.lower() for name in (*LOOPBACK_NAMES, self.host, *self.allowed_hosts))


def is_loopback(host: str) -> bool:
    """Return whether an address or name to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_open(host: str, *, secured: bool) -> None:
    """Refuse to be reached from other machines while anybody may do everything.

    Raises
    ------
    InputError
        When `host` is no loopback address and neither tokens nor a login are set up.
    """
    if not is_loopback(host) and not secured:
        raise InputError(
            f"--host {host} can be reached from other machines, and anybody could read and change everything",
            mend="make a token first (rca tokens add --db FILE --scope admin --account YOU), or keep --host 127.0.0.1",
        )
