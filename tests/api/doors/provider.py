"""A small OpenID provider: it knows one person, whose claims and misdeeds the test says."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "rca", "s3cret"


@dataclass
class Provider:
    """Answers as a provider does; `claims` change the id token, `forge` signs it with another key."""

    claims: dict[str, Any] = field(default_factory=dict)
    forge: Any = None
    issuer: str = ""
    calls_itself: str | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanged: list[dict[str, str]] = field(default_factory=list)
    keys: list[RSAKey] = field(default_factory=lambda: [key("first")])

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.about),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/keys", self.public),
            ]
        )

    async def about(self, _: Request) -> Response:
        place = self.issuer
        return JSONResponse(
            {
                "issuer": self.calls_itself or place,
                "authorization_endpoint": f"{place}/authorize",
                "token_endpoint": f"{place}/token",
                "jwks_uri": f"{place}/keys",
            }
        )

    async def public(self, _: Request) -> Response:
        return JSONResponse(KeySet(list(self.keys)).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        told = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{asked['redirect_uri']}?{told}", 303)

    async def token(self, request: Request) -> Response:
        sent = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        self.exchanged.append(sent)
        asked = self.codes.pop(sent.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).decode()
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or proof.rstrip("=") != asked["code_challenge"]
            or sent.get("redirect_uri") != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": self.signed(asked)})

    def signed(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "Ana@Example.org",
            "email_verified": True,
            "groups": ["ml-oncall", "others"],
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.forge == "none":
            parts = ({"alg": "none"}, claims)
            return ".".join(
                [*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts), ""]
            )
        used = self.forge or self.keys[-1]
        return jwt.encode({"alg": "RS256", "kid": used.kid}, claims, used)


def key(name: str) -> RSAKey:
    """Return a key of a provider."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})
