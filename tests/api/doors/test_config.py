"""The service's configuration file."""

from pathlib import Path

import pytest

from api.config import read_config
from api.serve import open_app
from api.settings import Settings
from rca.errors import InputError

FULL = """
[service]
public_url = "https://rca.example.org"
allowed_hosts = ["rca.example.org"]
[hooks]
private = true
[notify]
urls = ["json://127.0.0.1"]
[reviews]
weekly = false
explore = 0.1
[oidc]
issuer = "https://id.example.org"
client_id = "rca"
everyone = ["read"]
[oidc.groups]
ml-oncall = ["read", "review"]
"""


def test_a_file_says_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rca.toml"
    path.write_text(FULL)
    monkeypatch.setenv("RCA_OIDC_CLIENT_SECRET", "from the environment")
    settings = Settings(db=path, **read_config(path))
    assert (settings.public_url, settings.private_hooks, settings.notify, settings.weekly) == (
        "https://rca.example.org",
        True,
        ("json://127.0.0.1",),
        False,
    )
    assert ("rca.example.org" in settings.hosts, settings.explore) == (True, 0.1)
    assert settings.oidc is not None
    assert (settings.oidc.groups, settings.oidc.client_secret) == (
        {"ml-oncall": ("read", "review")},
        "from the environment",
    )


def test_without_a_file_reviews_are_frozen_and_nothing_leaves() -> None:
    told = read_config(None)
    assert (told["weekly"], told["private_hooks"], told["notify"], told["oidc"]) == (True, False, (), None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[hooks]\nprivat = true", "hooks.privat"),
        ("[hooks]\nprivate = 'perhaps'", "hooks.private"),
        ("[reviews]\nexplore = 1.5", "reviews.explore"),
        ("[oidc]\nissuer = 'https://x'", "oidc.client_id"),
        ("[service]\npublic_url = 'javascript:x'", "service.public_url"),
        ("hooks", "is not TOML"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "rca.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=why):
        read_config(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_config(tmp_path / "none.toml")


def test_logins_are_enough_to_be_reached_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "rca.toml"
    path.write_text(FULL.replace('urls = ["json://127.0.0.1"]', ""))
    db = tmp_path / "rca.duckdb"
    with pytest.raises(InputError, match="can be reached from other machines"):
        open_app(Settings(db=db, host="192.0.2.1"), {})
    app = open_app(Settings(db=db, host="192.0.2.1", **read_config(path)), {})
    assert app.state.service.secured
    app.state.service.close()
