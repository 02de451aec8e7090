"""Where a webhook may go: to addresses of the public internet, unless private ones are allowed.

A name is looked up once for each try, and the connection goes to the address that was judged: a name that means
something else a moment later (DNS rebinding) leads nowhere.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rca.errors import InputError

LONGEST_URL = 2000
Resolve = Callable[..., Sequence[Any]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in parts."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return what the Host header says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


def target_of(url: str, *, private: bool) -> Target:
    """Return the parts of a URL that messages may be sent to.

    Parameters
    ----------
    private
        Whether private addresses are allowed, and with them plain HTTP.

    Raises
    ------
    InputError
        When it is no such URL.
    """
    mend = "give https://HOST/PATH" if not private else "give http://HOST/PATH or https://HOST/PATH"
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if ":" not in (parts.hostname or "") else parts.hostname
    except ValueError as error:
        raise InputError("this is no URL", mend=mend) from error
    plain = all("!" <= letter <= "~" for letter in url)
    if (
        not plain
        or len(url) > LONGEST_URL
        or not host
        or parts.scheme not in ("https", *(("http",) if private else ()))
    ):
        raise InputError("a hook cannot have this URL", mend=mend)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InputError("the URL of a hook holds no name, password or fragment", mend=mend)
    secure = parts.scheme == "https"
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return Target(secure, host, (443 if secure else 80) if port is None else port, path)


def addresses_of(target: Target, *, private: bool, resolve: Resolve = socket.getaddrinfo) -> list[str]:
    """Return the addresses of a target, all of which were judged.

    Raises
    ------
    InputError
        When it has none, or one that messages may not go to.
    """
    try:
        found = resolve(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError(f"the name {target.host} has no address") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    refused = [address for address in addresses if not (private or is_public(address))]
    if refused or not addresses:
        raise InputError(
            f"{target.host} is at a private address, where hooks may not go",
            mend="allow it with private = true under [hooks] in the service's configuration",
        )
    return addresses


def is_public(text: str) -> bool:
    """Return whether an address is of the public internet, and no other address in disguise."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for."""
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
