"""Cases, procedures, weekly reviews and action items over HTTP."""

from datetime import timedelta

import pytest

from rca.cases.manual import SECTIONS
from tests.api.doors.house import House
from tests.rca.weekly.site import AFTER, MONDAY, happen

BODY = "".join(f"## {name}\nlook\n\n" for name in SECTIONS)
ACTION = {"title": "Refuse batches without a unit", "owner": "payments", "due": "2026-12-01", "incident": "a"}


@pytest.fixture
def site(house: House) -> House:
    house.at = AFTER
    house.service.store.write(lambda warehouse: happen(warehouse, "a", MONDAY, cause="amount", closed=5)).result()
    house.service.store.write(lambda warehouse: happen(warehouse, "x/<b>", MONDAY)).result()
    return house


def test_cases_are_searched_and_shown(site: House) -> None:
    assert [hit["incident"] for hit in site.client.get("/v1/cases?q=amount&family=data_quality").json()] == ["a"]
    assert site.client.get("/v1/cases?node=nowhere").json() == []
    found = site.client.get("/v1/cases/a").json()
    assert (found["cause"]["subject"], found["verdict"]) == ("amount", "confirmed")
    text = site.client.get("/v1/cases/a?format=markdown")
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    assert text.text.startswith("# ")
    assert site.client.get("/v1/cases/a?format=html").text.startswith("<!doctype html>")


def test_a_case_that_is_not_settled_says_how_to_settle_it(site: House) -> None:
    open_one = site.client.get("/v1/cases/~eC88Yj4")  # x/<b>
    assert (open_one.status_code, open_one.json()["type"]) == (404, "urn:rca:problem:not-settled")
    assert "POST /v1/feedback" in open_one.json()["detail"]
    assert site.client.get("/v1/cases/nowhere").json()["type"] == "urn:rca:problem:not-found"


def test_a_postmortem_is_exported_in_three_forms(site: House) -> None:
    data = site.client.get("/v1/incidents/a/export").json()
    assert all(part["heading"] for part in data["sections"])
    kinds = {block["kind"] for part in data["sections"] for block in part["blocks"]}
    assert kinds <= {"text", "bullets", "grid", "figure"}
    markdown = site.client.get("/v1/incidents/a/export?format=markdown").text
    assert f"# {data['title']}" in markdown
    page = site.client.get("/v1/incidents/~eC88Yj4/export?format=html")
    assert "<b>" not in page.text.replace("<body>", "")
    assert page.headers["content-disposition"] == 'attachment; filename="~cG9zdG1vcnRlbS14Lzxi_g.html"' or (
        "attachment" in page.headers["content-disposition"]
    )
    assert "sandbox" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert site.client.get("/v1/incidents/nowhere/export").status_code == 404
    assert site.client.get("/v1/incidents/a/export?format=pdf").status_code == 400


def test_a_procedure_is_edited_by_whoever_saw_its_latest_version(site: House) -> None:
    first = site.client.get("/v1/procedures/data_quality")
    tag = first.headers["etag"]
    new = {"body": BODY, "review_by": "2027-06-01", "owner": "data-team"}
    assert site.client.put("/v1/procedures/data_quality", json=new).status_code == 428
    made = site.client.put("/v1/procedures/data_quality", json=new, headers={"If-Match": tag})
    assert (made.status_code, made.json()["version"], made.json()["written_by"]) == (
        200,
        first.json()["version"] + 1,
        "local",
    )
    again = site.client.put("/v1/procedures/data_quality", json=new, headers={"If-Match": tag})
    assert (again.status_code, again.headers["etag"]) == (412, made.headers["etag"])
    versions = site.client.get("/v1/procedures/data_quality/versions").json()
    assert [each["version"] for each in versions] == [1, 2]
    assert site.client.get("/v1/procedures/data_quality?version=1").json()["body"] == first.json()["body"]
    unchanged = site.client.get("/v1/procedures/data_quality", headers={"If-None-Match": made.headers["etag"]})
    assert (unchanged.status_code, unchanged.text) == (304, "")
    assert len(site.client.get("/v1/procedures").json()) >= 15


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"body": "## Diagnose\nonly"}, 422),
        ({"review_by": "2020-01-01"}, 422),
        ({"review_by": "soon"}, 422),
        ({"author": "me"}, 422),
    ],
)
def test_procedures_that_cannot_be_used(site: House, change: dict[str, str], status: int) -> None:
    new = {"body": BODY, "review_by": "2027-06-01"} | change
    answer = site.client.put("/v1/procedures/data_quality", json=new, headers={"If-Match": "*"})
    assert answer.status_code == status
    assert site.client.get("/v1/procedures/nothing").status_code == 404
    assert site.client.get("/v1/procedures/nothing/versions").status_code == 404


def test_a_week_is_frozen_once_and_reads_as_it_was(site: House) -> None:
    assert site.client.get("/v1/reviews").json() == {"due": "2026-W47", "reviews": []}
    before = site.client.get("/v1/reviews/2026-W47")
    assert (before.json()["revision"], "etag" in before.headers) == (0, False)
    assert site.sql("SELECT count(*) FROM reviews") == [(0,)]  # to read is not to write
    kept = site.client.post("/v1/reviews/2026-W47:freeze")
    assert (kept.status_code, kept.json()["revision"], kept.json()["this"]["incidents"]) == (201, 1, 2)
    later = MONDAY + timedelta(hours=1)
    site.service.store.write(lambda warehouse: happen(warehouse, "late", later)).result()
    read = site.client.get("/v1/reviews/2026-W47")
    assert read.json() == kept.json()
    assert site.client.get("/v1/reviews/2026-W47", headers={"If-None-Match": read.headers["etag"]}).status_code == 304
    second = site.client.post("/v1/reviews/2026-W47:freeze", json={"again": True}).json()
    assert (second["revision"], second["this"]["incidents"]) == (2, 3)
    assert site.client.get("/v1/reviews/2026-W47?revision=1").json() == kept.json()
    assert site.client.get("/v1/reviews/2026-W47?revision=9").status_code == 404
    assert site.client.get("/v1/reviews").json()["due"] is None
    assert "# Weekly review 2026-W47" in site.client.get("/v1/reviews/2026-W47?format=markdown").text
    assert "<!doctype html>" in site.client.get("/v1/reviews/2026-W47?format=html").text


@pytest.mark.parametrize("week", ["2026-W60", "2026-48", "0001-W01", "2026-W00", "2026-W47:x", "9999-W52"])
def test_weeks_that_are_none(site: House, week: str) -> None:
    assert site.client.get(f"/v1/reviews/{week}").status_code == 400


def test_a_week_that_is_not_over_cannot_be_frozen(site: House) -> None:
    assert site.client.get("/v1/reviews/2026-W48").json()["revision"] == 0
    assert site.client.post("/v1/reviews/2026-W48:freeze").status_code == 422


def test_an_action_is_added_edited_done_and_verified(site: House) -> None:
    made = site.client.post("/v1/actions", json=ACTION, headers={"Idempotency-Key": "k"})
    assert (made.status_code, made.json()["state"], made.json()["made_by"]) == (201, "open", "local")
    place = made.headers["location"]
    assert site.client.post("/v1/actions", json=ACTION, headers={"Idempotency-Key": "k"}).json() == made.json()
    assert len(site.client.get("/v1/actions?state=open&owner=payments&incident=a").json()) == 1
    assert site.client.get("/v1/actions?incident=b").json() == []
    read = site.client.get(place)
    assert (read.json(), read.headers["etag"]) == (made.json(), made.headers["etag"])
    assert site.client.patch(place, json={"owner": "risk"}).status_code == 428
    edited = site.client.patch(
        place, json={"owner": "risk", "incident": None}, headers={"If-Match": read.headers["etag"]}
    )
    assert (edited.json()["owner"], edited.json()["incident"]) == ("risk", None)
    stale = site.client.patch(place, json={"owner": "ops"}, headers={"If-Match": read.headers["etag"]})
    assert (stale.status_code, stale.headers["etag"]) == (412, edited.headers["etag"])
    assert site.client.post(f"{place}:verify", json={"comment": "replayed"}).status_code == 409
    assert site.client.post(f"{place}:done").json()["state"] == "done"
    assert site.client.post(f"{place}:verify", json={}).status_code == 422
    assert site.client.post(f"{place}:verify", json={"comment": "replayed"}).json()["state"] == "verified_effective"
    assert site.client.post(f"{place}:reopen").json()["state"] == "open"
    assert site.client.post(f"{place}:drop", json={"comment": "the feed is gone"}).json()["state"] == "dropped"


@pytest.mark.parametrize(
    "change",
    [{"title": "fix it"}, {"due": "2020-01-01"}, {"incident": "nowhere"}, {"owner": " "}, {"state": "done"}],
)
def test_actions_that_cannot_be_used(site: House, change: dict[str, str]) -> None:
    answer = site.client.post("/v1/actions", json=ACTION | change)
    assert answer.status_code in (404, 422), answer.text
    assert site.client.get("/v1/actions").json() == []
    assert site.client.get("/v1/actions/act-99").status_code == 404
    assert site.client.post("/v1/actions/act-99:done").status_code == 404


def test_a_part_of_an_incident_becomes_one_of_its_own(site: House) -> None:
    part = {"id": "a-2", "node": "churn-scorer", "metric": "auc", "detected_at": MONDAY.isoformat()}
    made = site.client.post("/v1/incidents/a:reopen", json={})
    made = site.client.post("/v1/incidents/a:split_off", json={"incident": part, "comment": "two faults"})
    assert (made.status_code, made.headers["location"], made.json()["incident"]["id"]) == (
        201,
        "/v1/incidents/a-2",
        "a-2",
    )
    assert site.client.post("/v1/incidents/a:split_off", json={"incident": part}).status_code == 409
    assert site.client.post("/v1/incidents/nowhere:split_off", json={"incident": part}).status_code == 404
