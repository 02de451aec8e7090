"""Log in through another service (OpenID Connect): authorization code with PKCE, the extra `oidc`.

Who somebody is and what they may do is read from the signed id token alone, as the server's configuration says.
"""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from api.problems import Problem
from rca.errors import InputError
from rca.live.sessions import Session
from rca.live.tokens import SCOPES
from schemas.feedback import account

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Of signatures; none with a shared secret, which the client's would be."""

WELL_KNOWN = "/.well-known/openid-configuration"
PATIENCE_S = 10.0
LASTS_S = 600
"""So long a login may take."""

MOST_PENDING = 10_000
KEPT_S = 3600
"""So long what the other service says of itself is kept."""


@dataclass(frozen=True, slots=True)
class Oidc:
    """Which service knows people, and what they may do here.

    Parameters
    ----------
    issuer
        Its address; https unless it is on this machine.
    groups
        Group -> scopes of its members; `everyone` has these beside.
    account_claim, groups_claim
        Which claims of the id token name the account and the groups.
    """

    issuer: str
    client_id: str
    client_secret: str | None = None
    name: str = "single sign-on"
    account_claim: str = "email"
    groups_claim: str = "groups"
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    everyone: tuple[str, ...] = ()
    request: str = "openid email profile"


@dataclass(frozen=True, slots=True)
class Begun:
    """A login under way."""

    nonce: str
    verifier: str
    after: str
    redirect: str
    until: float


class OidcLogin:
    """Logins of one project.

    Raises
    ------
    InputError
        When the extra is not installed, or the settings cannot be used.
    """

    def __init__(self, oidc: Oidc, clock: Callable[[], float] = time.monotonic) -> None:
        check(oidc)
        self.oidc, self._clock = oidc, clock
        self._begun: OrderedDict[str, Begun] = OrderedDict()
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any]] | None = None

    def begin(self, redirect: str, after: str) -> tuple[str, str]:
        """Return where to send a browser, and the state that its cookie is to hold."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client(redirect) as client:
            place = self._about(client)["authorization_endpoint"]
            url, _ = client.create_authorization_url(place, state=state, nonce=nonce, code_verifier=verifier)
        with self._lock:
            self._begun[state] = Begun(nonce, verifier, after, redirect, self._clock() + LASTS_S)
            while len(self._begun) > MOST_PENDING:
                self._begun.popitem(last=False)
        return str(url), state

    def finish(self, answer: Mapping[str, str], cookie: str | None) -> tuple[Session, str]:
        """Return who came back from the other service, and where they wanted to go.

        Raises
        ------
        Problem
            401 when this is no answer to a login that this browser began, or it does not prove who it is; 403 when
            they may do nothing here.
        """
        begun = self._begun_by(answer.get("state", ""), cookie)
        if "error" in answer or not answer.get("code"):
            raise Problem(401, "login", f"{self.oidc.name} did not log you in: {answer.get('error', 'no code')[:100]}")
        if answer.get("iss") not in (None, self.oidc.issuer):
            raise Problem(401, "login", "the answer is of another service than the one that was asked")
        try:
            with self._client(begun.redirect) as client:
                claims = self._claims(client, answer["code"], begun)
        except Problem:
            raise
        except Exception as error:  # whatever is wrong with what the other service sent: nobody is logged in
            raise Problem(401, "login", f"{self.oidc.name} could not be understood: {type(error).__name__}") from error
        return session_of(self.oidc, claims), begun.after

    def _begun_by(self, state: str, cookie: str | None) -> Begun:
        with self._lock:
            begun = self._begun.pop(state, None) if cookie and secrets.compare_digest(cookie, state) else None
        if begun is None or begun.until < self._clock():
            raise Problem(401, "login", "this login was not begun here, or took too long; log in again")
        return begun

    def _client(self, redirect: str) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client  # noqa: PLC0415 - an extra

        return OAuth2Client(
            self.oidc.client_id,
            self.oidc.client_secret,
            token_endpoint_auth_method="client_secret_basic" if self.oidc.client_secret else "none",
            scope=self.oidc.request,
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=PATIENCE_S,
            trust_env=False,
        )

    def _about(self, client: Any, *, anew: bool = False) -> dict[str, Any]:
        """Return what the service says of itself, with its keys under `keys`."""
        from joserfc.jwk import KeySet  # noqa: PLC0415 - an extra

        now = self._clock()
        if not anew and self._known is not None and self._known[0] > now:
            return self._known[1]
        about = _json(client, f"{self.oidc.issuer.rstrip('/')}{WELL_KNOWN}")
        if about.get("issuer") != self.oidc.issuer:
            raise Problem(502, "login", f"{self.oidc.name} calls itself by another name than the one configured")
        places = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if not all(_safe(str(about.get(place, ""))) for place in places):
            raise Problem(502, "login", f"{self.oidc.name} names places that cannot be trusted")
        about["keys"] = KeySet.import_key_set(_json(client, about["jwks_uri"]))  # type: ignore[arg-type]
        self._known = (now + KEPT_S, about)
        return about

    def _claims(self, client: Any, code: str, begun: Begun) -> Mapping[str, Any]:
        """Return the claims of the id token that a code is exchanged for, once they are checked."""
        from joserfc import jwt  # noqa: PLC0415 - an extra
        from joserfc.errors import InvalidKeyIdError, JoseError  # noqa: PLC0415

        about = self._about(client)
        answer = client.fetch_token(
            about["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=begun.verifier
        )
        text = str(answer["id_token"])
        try:
            token = jwt.decode(text, about["keys"], algorithms=ALGORITHMS)
        except (InvalidKeyIdError, ValueError):  # its keys were changed since
            token = jwt.decode(text, self._about(client, anew=True)["keys"], algorithms=ALGORITHMS)
        wanted = {"iss": self.oidc.issuer, "aud": self.oidc.client_id, "nonce": begun.nonce}
        rules: dict[str, Any] = {name: {"essential": True, "value": value} for name, value in wanted.items()}
        rules |= {name: {"essential": True} for name in ("exp", "iat", "sub")}
        try:
            jwt.JWTClaimsRegistry(leeway=60, **rules).validate(token.claims)
        except JoseError as error:
            raise Problem(401, "login", f"the id token of {self.oidc.name} does not hold: {error}") from error
        if (
            isinstance(token.claims["aud"], list)
            and token.claims.get("azp", self.oidc.client_id) != self.oidc.client_id
        ):
            raise Problem(401, "login", f"the id token of {self.oidc.name} was made for another client")
        return token.claims


def session_of(oidc: Oidc, claims: Mapping[str, Any]) -> Session:
    """Return who somebody is and may do, by the claims of their id token.

    Raises
    ------
    Problem
        403 when the token names no account, an address that was not verified, or nothing is allowed to them.
    """
    name = claims.get(oidc.account_claim)
    if not isinstance(name, str) or not account(name):
        raise Problem(403, "login", f"{oidc.name} does not say who you are ({oidc.account_claim} is missing)")
    if oidc.account_claim == "email" and claims.get("email_verified") is not True:
        raise Problem(403, "login", f"{oidc.name} has not verified your e-mail address")
    told = claims.get(oidc.groups_claim, [])
    groups = [told] if isinstance(told, str) else [each for each in told if isinstance(each, str)]
    allowed = {*oidc.everyone, *(scope for group in groups for scope in oidc.groups.get(group, ()))}
    if not allowed:
        raise Problem(403, "login", f"{account(name)} may do nothing here: no group of yours is let in")
    return Session(account(name), tuple(scope for scope in SCOPES if scope in allowed), None)


def check(oidc: Oidc) -> None:
    """Refuse settings that cannot be used.

    Raises
    ------
    InputError
        Says which, and how to mend it.
    """
    if find_spec("authlib") is None or find_spec("joserfc") is None:
        raise InputError("a login through another service needs authlib", mend="install rca-engine[oidc]")
    if not _safe(oidc.issuer):
        raise InputError(f"issuer {oidc.issuer!r} cannot be trusted", mend="give an https:// address")
    unknown = {scope for scopes in (*oidc.groups.values(), oidc.everyone) for scope in scopes} - set(SCOPES)
    if unknown:
        raise InputError(f"unknown scope {min(unknown)!r}", mend=f"give some of {', '.join(SCOPES)}")
    if not oidc.groups and not oidc.everyone:
        raise InputError("nobody is let in", mend="say under [oidc.groups] which group has which scopes")


def _safe(url: str) -> bool:
    """Return whether an address is spoken to in secret, or is on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1"))
    )


def _json(client: Any, url: str) -> dict[str, Any]:
    answer = client.request("GET", url, withhold_token=True)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise TypeError(f"{url} is no JSON object")
    return found
