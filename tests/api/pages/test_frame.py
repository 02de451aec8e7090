from datetime import UTC, date, datetime

import pytest

from api.pages.assets import FOLDER as ASSETS
from api.pages.assets import asset_path, assets
from api.pages.render import FOLDER, environment, linked, segment, when
from api.routes.incidents import named


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.html")))
def test_every_template_can_be_read(name: str) -> None:
    assert environment().get_template(name)


@pytest.mark.parametrize("name", ["style.css", "app.js", "mark.svg"])
def test_an_asset_is_served_under_its_digest_and_kept_for_long(served, name: str) -> None:
    answer = served.get(asset_path(name))
    assert answer.status_code == 200
    assert answer.content == (ASSETS / name).read_bytes()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.get(f"/static/0000000000000000/{name}").status_code == 404


def test_no_asset_holds_what_the_policy_forbids() -> None:
    for path in FOLDER.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert " style=" not in text, f"{path.name} has an inline style"
        assert "<style" not in text
        assert " onclick=" not in text
        assert "<script>" not in text
        assert "://" not in text.replace("http://www.w3.org/", "")
    assert not any(b"://" in each.content.replace(b"http://www.w3.org/", b"") for each in assets().values())


@pytest.mark.parametrize("name", ["inc-42", "a/b", "..", "#?&", "<img src=x>", "ü"])
def test_a_name_is_one_segment_of_a_path(name: str) -> None:
    assert "/" not in segment(name)
    assert named(segment(name)) == name


def test_times_say_their_zone() -> None:
    at = datetime(2026, 11, 4, 9, tzinfo=UTC)
    assert str(when(at)) == '<time datetime="2026-11-04T09:00:00Z" data-clock data-year>4 Nov 2026 09:00 UTC</time>'
    assert str(when(date(2026, 11, 4))) == '<time datetime="2026-11-04">4 Nov 2026</time>'
    assert when(None) == "–"  # noqa: RUF001


def test_links_leave_out_what_is_not_asked_for() -> None:
    assert linked("/projects/a", "/incidents", {"text": "x y", "mine": None, "week": ""}) == (
        "/projects/a/incidents?text=x+y"
    )


def test_the_start_leads_to_the_incidents(served) -> None:
    assert served.get("/", follow_redirects=False).headers["location"] == "/incidents"


@pytest.mark.parametrize("path", ["/weeks", "/incidents/inc-42/what", "/%3Cscript%3E"])
def test_a_browser_that_is_lost_gets_a_page_that_leads_back(served, path: str) -> None:
    answer = served.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert 'href="/incidents"' in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(("path", "accept"), [("/weeks", "*/*"), ("/v1/what", "text/html"), ("/mcpx", "text/html")])
def test_a_program_that_is_lost_gets_a_problem(served, path: str, accept: str) -> None:
    answer = served.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
