"""The service's own configuration, a TOML file: who is told of what, how people log in."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.notify import urls_of
from api.oidc import Oidc
from rca.errors import InputError

SECRET = "RCA_OIDC_CLIENT_SECRET"  # noqa: S105 - the name of a variable
Texts = Annotated[tuple[str, ...], Field(max_length=1000)]


class Part(BaseModel):
    """A table of the file: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServicePart(Part):
    """Names under which the service is reached, and the address that people use."""

    allowed_hosts: Texts = ()
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")


class HooksPart(Part):
    """Where webhooks may go."""

    private: bool = False


class NotifyPart(Part):
    """Where people are told, as apprise writes it."""

    urls: Texts = ()


class ReviewsPart(Part):
    """Whether a week's review is frozen, and told of, when it is over; how many answers are shuffled for review."""

    weekly: bool = True
    explore: float = Field(default=0.0, ge=0.0, le=1.0)


class OidcPart(Part):
    """The service that people log in through."""

    issuer: str
    client_id: str
    client_secret: str | None = None
    name: str = "single sign-on"
    account_claim: str = "email"
    groups_claim: str = "groups"
    groups: dict[str, Texts] = Field(default_factory=dict)
    everyone: Texts = ()
    request: str = "openid email profile"


class Config(Part):
    """The whole file."""

    service: ServicePart = ServicePart()
    hooks: HooksPart = HooksPart()
    notify: NotifyPart = NotifyPart()
    reviews: ReviewsPart = ReviewsPart()
    oidc: OidcPart | None = None


def read_config(path: Path | None) -> dict[str, Any]:
    """Return the settings that a file gives, with what the environment adds.

    Raises
    ------
    InputError
        When the file is not there, is not TOML, or says something that is not known: names the place.
    """
    config = _read(path) if path else Config()
    return {
        "allowed_hosts": config.service.allowed_hosts,
        "public_url": config.service.public_url,
        "private_hooks": config.hooks.private,
        "notify": urls_of(config.notify.urls),
        "weekly": config.reviews.weekly,
        "explore": config.reviews.explore,
        "oidc": _oidc(config.oidc) if config.oidc else None,
    }


def _oidc(part: OidcPart) -> Oidc:
    told = part.model_dump()
    return Oidc(**(told | {"client_secret": part.client_secret or os.environ.get(SECRET)}))


def _read(path: Path) -> Config:
    try:
        return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read as UTF-8 text", file=path) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not TOML: {error}", file=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{place}: {first['msg']}", file=path, mend="see how to run the service") from error
