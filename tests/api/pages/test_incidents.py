import pytest

from tests.api.pages.forms import form, read
from tests.api.pages.story import GRAVE, HOSTILE, PLAIN, THIRD, as_

TIMES = "\N{MULTIPLICATION SIGN}"


def rows(html: str) -> list[str]:
    return [name for name in (GRAVE, PLAIN, THIRD) if f'data-incident="{name}"' in html]


def test_the_list_shows_every_incident_with_its_first_cause(served) -> None:
    html = served.get("/incidents").text
    assert rows(html) == [GRAVE, PLAIN, THIRD]
    assert "data quality" in html
    assert "unreviewed" in html
    assert html.count("<h1>") == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("severity=high", [GRAVE]),
        ("severity=high&state=closed", []),
        ("unreviewed=1", [GRAVE, PLAIN, THIRD]),
        ("disputed=1", []),
        (f"text={PLAIN}", [PLAIN]),
        ("week=2026-W10&owner=", [GRAVE, PLAIN, THIRD]),
        ("week=2026-W11", []),
        ("family=data_quality", [GRAVE, PLAIN, THIRD]),
    ],
)
def test_filters_restrict_and_empty_ones_do_not(served, query: str, expected: list[str]) -> None:
    assert rows(served.get(f"/incidents?{query}").text) == expected


def test_a_filter_that_cannot_be_used_is_told_as_a_page(served) -> None:
    answer = served.get("/incidents?week=never")
    assert answer.status_code == 400
    assert "<h1>" in answer.text
    assert "week" in answer.text


def test_mine_are_those_that_one_judged(fresh) -> None:
    judged = form(as_(fresh, "ana").get(f"/incidents/{PLAIN}").text, "/verdict")
    assert fresh.post(judged.action, data=judged.fields | {"verdict": "rejected"}).status_code == 303
    assert rows(fresh.get("/incidents?mine=1").text) == [PLAIN]
    assert rows(as_(fresh, "ben").get("/incidents?mine=1").text) == []


def test_rows_are_sent_again_only_when_they_changed(fresh) -> None:
    first = fresh.get("/incidents/rows")
    assert rows(first.text) == [GRAVE, PLAIN, THIRD]
    again = {"If-None-Match": first.headers["etag"]}
    assert fresh.get("/incidents/rows", headers=again).status_code == 304
    new = {"id": "inc-new", "node": "fraud-scorer", "metric": "auc", "detected_at": "2026-03-08T00:00:00Z"}
    assert fresh.post("/v1/incidents", json=new).status_code == 201
    changed = fresh.get("/incidents/rows", headers=again)
    assert changed.status_code == 200
    assert 'data-incident="inc-new"' in changed.text
    assert changed.headers["x-total"] == "4"


def test_the_same_cause_again_is_counted(served) -> None:
    html = served.get("/incidents").text
    assert html.count(f"2{TIMES}") == 3


def test_links_keep_the_filter(served) -> None:
    links = read(served.get("/incidents?severity=high").text).links
    assert f"/incidents/{GRAVE}?severity=high" in links


def test_names_are_no_markup(served) -> None:
    html = served.get("/incidents").text
    assert HOSTILE not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "onerror" not in read(html).attributes


def test_an_empty_service_says_how_incidents_come(empty) -> None:
    html = empty().get("/incidents").text
    assert "No incident is known yet" in html
    assert "rca ingest" in html
