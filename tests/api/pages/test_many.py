"""The pages about many incidents: over nothing, over names that try to be markup, and for whoever may only read."""

import html
import shutil

import pytest

from api.pages import weekly
from rca.live.tokens import make_token

from . import story
from .forms import Reader

WEEK = "2026-W10"
PAGES = (
    "/reviews",
    f"/reviews/{WEEK}",
    "/cases",
    "/procedures",
    "/procedures/outliers",
    "/actions",
    "/ranker",
    "/system",
)


def read(text: str) -> Reader:
    found = Reader()
    found.feed(text)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_over_nothing_a_page_says_what_to_do(empty, path: str) -> None:
    answer = empty().get(path)
    assert answer.status_code == 200
    assert answer.text.count("<h1>") == 1
    assert "Traceback" not in answer.text


@pytest.fixture(scope="module")
def hostile(story_db, tmp_path_factory):
    """A service over settled incidents, with hostile words in everything that people write."""
    db = tmp_path_factory.mktemp("hostile") / "rca.duckdb"
    shutil.copy(story_db, db)
    with story.serve(db) as client:
        listed = client.get(f"/v1/incidents/{story.GRAVE}/causes").json()
        first = {name: listed[0][name] for name in ("family", "node", "subject")}
        for incident in (story.GRAVE, story.PLAIN):
            said = {"incident": incident, "cause": first, "verdict": "confirmed", "comment": story.HOSTILE}
            assert client.post("/v1/feedback", json=said).status_code == 201
        item = {"title": f"Repair the feed {story.HOSTILE}", "owner": story.HOSTILE, "due": "2099-01-01"}
        written = item | {"incident": story.GRAVE, "cause": "data_quality/payments-feed/" + story.HOSTILE}
        assert client.post("/actions", data=written).status_code == 303
        body = client.get("/v1/procedures/outliers").json()["body"] + f"\n* {story.HOSTILE} [x](javascript:alert(1))\n"
        version = {
            "body": body,
            "review_by": "2099-01-01",
            "version": 1,
            "title": story.HOSTILE,
            "owner": story.HOSTILE,
        }
        assert client.post("/procedures/outliers", data=version).status_code == 303
        assert client.post(f"/reviews/{WEEK}/freeze").status_code == 303
        yield client


@pytest.mark.parametrize(
    "path",
    [
        *PAGES,
        f"/cases/{story.GRAVE}",
        "/procedures/outliers/edit",
        "/system?node=fraud-scorer",
        f"/cases?q={story.HOSTILE}",
        f"/actions?owner={story.HOSTILE}",
    ],
)
def test_names_that_try_to_be_markup_are_text(hostile, path: str) -> None:
    answer = hostile.get(path)
    assert answer.status_code == 200
    assert story.HOSTILE not in answer.text
    assert "<img src=x" not in answer.text
    found = read(answer.text)
    assert not [name for name in found.attributes if name.startswith("on")]
    assert not [link for link in found.links if link.lower().startswith("javascript")]
    assert len(found.ids) == len(set(found.ids))


def test_what_people_wrote_is_still_read(hostile) -> None:
    shown = html.escape(story.HOSTILE)
    for path in (f"/cases/{story.GRAVE}", "/actions", "/procedures/outliers", f"/reviews/{WEEK}", "/system"):
        assert shown in hostile.get(path).text, path


@pytest.mark.parametrize("form", ["markdown", "html"])
@pytest.mark.parametrize("path", [f"/v1/reviews/{WEEK}", f"/v1/cases/{story.GRAVE}"])
def test_exports_escape_it_too(hostile, path: str, form: str) -> None:
    answer = hostile.get(path, params={"format": form})
    assert answer.status_code == 200
    assert story.HOSTILE not in answer.text
    assert "onerror" in answer.text


@pytest.mark.parametrize("chart", ["rate", "times", "ranker", "pareto-family", "pareto-component"])
def test_charts_of_a_review_are_drawings_without_scripts(hostile, chart: str) -> None:
    for theme in ("light", "dark"):
        answer = hostile.get(f"/reviews/{WEEK}/charts/{chart}.svg", params={"theme": theme, "size": "small"})
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.text.startswith("<svg")
        assert "<script" not in answer.text
        assert "<img" not in answer.text


@pytest.mark.parametrize("chart", ["calibration", "learning"])
def test_charts_of_the_ranker(hostile, chart: str) -> None:
    assert hostile.get(f"/ranker/charts/{chart}.svg").text.startswith("<svg")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reviews/2026-W99", 400),
        ("/reviews/lately", 400),
        (f"/reviews/{WEEK}?revision=9", 404),
        (f"/reviews/{WEEK}/charts/everything.svg", 404),
        ("/cases/nothing", 404),
        (f"/cases/{story.THIRD}", 404),
        ("/procedures/nothing", 404),
        ("/procedures/outliers?version=9", 400),
        ("/ranker/promote?version=nothing", 404),
        ("/system?at=yesterday", 400),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(hostile, path: str, status: int) -> None:
    answer = hostile.get(path)
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_who_may_only_read_is_offered_nothing_else(fresh) -> None:
    service = fresh.app.state.service
    now = service.now()
    token = service.store.write(lambda warehouse: make_token(warehouse, "reader", "lea", ["read"], now)[1]).result()
    headers = {"Authorization": f"Bearer {token}"}
    for path in PAGES:
        answer = fresh.get(path, headers=headers)
        assert answer.status_code == 200, path
        told = [form for form in read(answer.text).forms if form.method == "post" and form.action != "/logout"]
        assert told == [], path
    for path, said in (
        ("/actions", {"title": "Do one more thing", "owner": "lea", "due": "2099-01-01"}),
        (f"/reviews/{WEEK}/freeze", {}),
        ("/procedures/outliers", {"body": "x", "review_by": "2099-01-01", "version": "1"}),
        ("/ranker/promote", {"version": "heuristic"}),
    ):
        assert fresh.post(path, data=said, headers=headers).status_code == 403, path


def test_a_review_that_is_not_frozen_is_worked_out_once_for_its_page_and_charts(fresh, monkeypatch) -> None:
    asked = []
    real = weekly.weekly_review
    monkeypatch.setattr(weekly, "weekly_review", lambda *said, **more: asked.append(said) or real(*said, **more))
    assert "not final" in fresh.get(f"/reviews/{WEEK}").text
    fresh.get(f"/reviews/{WEEK}/charts/rate.svg")
    fresh.get(f"/reviews/{WEEK}/charts/times.svg")
    assert len(asked) == 1
