"""Notifications to people, through the real apprise to a receiver on loopback."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.notify import Notifier, said, urls_of
from rca.errors import InputError
from tests.api.doors.house import House
from tests.api.doors.receiver import Receiver
from tests.rca.weekly.site import AFTER, MONDAY, happen

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise imports it

READY = {
    "incident": "inc-42",
    "analysis": "a",
    "first": {
        "family": "data_quality",
        "node": "payments-feed",
        "subject": "amount",
        "confidence": 0.81,
        "summary": "amount grew 100x at 10:00.",
    },
    "none_of_these": 0.07,
}


def test_people_are_told_of_an_analysis(tmp_path: Path) -> None:
    with Receiver() as receiver:
        notify = (f"json://127.0.0.1:{receiver.port}/in",)
        with House(tmp_path / "rca.duckdb", notify=notify, public_url="https://rca.example.org/") as house:
            house.service.told("analysis.ready", READY)
            house.service.herald.round()
    (got,) = receiver.got
    told = json.loads(got.body)
    assert told["title"] == "inc-42: data quality in payments-feed, amount (81%)"
    assert told["message"] == (
        "amount grew 100x at 10:00.\nNone of these: 7%.\nhttps://rca.example.org/incidents/inc-42"
    )


def test_the_weekly_review_is_frozen_and_told_of_once(tmp_path: Path) -> None:
    with Receiver() as receiver:
        notify = (f"json://127.0.0.1:{receiver.port}/in",)
        with House(tmp_path / "rca.duckdb", notify=notify, weekly=True) as house:
            house.at = AFTER
            house.service.herald.round()  # there are no incidents at all yet
            assert house.sql("SELECT count(*) FROM reviews") == [(0,)]
            house.service.store.write(lambda warehouse: happen(warehouse, "a", MONDAY, cause="amount")).result()
            house.service.herald.round()
            house.service.herald.round()
            assert house.sql("SELECT week, revision, who FROM reviews") == [("2026-W47", 1, "schedule")]
            house.later(days=7)
            house.service.herald.round()
    told = [json.loads(got.body) for got in receiver.got]
    assert [each["title"] for each in told] == ["Weekly review 2026-W47", "Weekly review 2026-W48"]
    assert "1 incident (" in told[0]["message"]


def test_nothing_is_frozen_unless_it_is_wanted(house: House) -> None:
    house.at = AFTER
    house.service.store.write(lambda warehouse: happen(warehouse, "a", MONDAY)).result()
    house.service.herald.round()
    assert house.sql("SELECT count(*) FROM reviews") == [(0,)]


def test_names_from_data_cannot_make_lines_or_links_of_their_own() -> None:
    first = READY["first"] | {"node": "n\r\nBcc: x@evil.example", "summary": "a\n\nhttps://evil.example\x1b[31m"}
    title, text = said("analysis.ready", READY | {"incident": "../x\n", "first": first}, "https://rca.example.org") or (
        "",
        "",
    )
    assert "\n" not in title
    assert "\r" not in title
    assert text.count("\n") == 2
    assert "\x1b" not in text
    assert text.endswith("https://rca.example.org/incidents/..%2Fx%0A")


def test_an_answer_without_causes() -> None:
    told = said("analysis.ready", {"incident": "inc-1", "first": None, "none_of_these": 1.0})
    assert told == ("inc-1: no cause was found", "None of these: 100%.")
    assert said("incident.opened", {}) is None


def test_a_url_that_cannot_be_used_is_refused_and_not_shown() -> None:
    with pytest.raises(InputError, match="URL 1 of the notifications") as refused:
        Notifier(("nonsense://secret-token",))
    assert "secret-token" not in str(refused.value)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(InputError, match=r"install rca-engine\[notify\]"):
        Notifier(("json://127.0.0.1",))
    assert Notifier(()).tell("analysis.ready", READY)  # nobody is to be told


def test_urls_come_from_the_configuration_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCA_NOTIFY_URLS", "json://b json://c")
    assert urls_of(("json://a",)) == ("json://a", "json://b", "json://c")


def test_a_receiver_that_is_away_holds_nothing_up(tmp_path: Path) -> None:
    with Receiver() as receiver:
        pass
    with House(tmp_path / "rca.duckdb", notify=(f"json://127.0.0.1:{receiver.port}/in",)) as house:
        house.at = datetime.now(UTC)
        house.service.told("analysis.ready", READY)
        house.service.herald.round()
        assert house.client.get("/healthz").status_code == 200
