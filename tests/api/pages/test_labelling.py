from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rca.review import blind
from tests.api.pages.forms import Form, form, read
from tests.api.pages.story import GRAVE, HOSTILE, PLAIN, as_


def page(client: Any, who: str, incident: str = PLAIN, query: str = "") -> str:
    answer = as_(client, who).get(f"/incidents/{incident}{query}")
    assert answer.status_code == 200
    return str(answer.text)


def send(client: Any, filled: Form, **more: str) -> Any:
    answer = client.post(filled.action, data=filled.fields | more)
    assert answer.status_code == 303, answer.text
    return answer


def records(client: Any, incident: str = PLAIN) -> list[dict[str, Any]]:
    return list(client.get(f"/v1/feedback?incident={incident}").json())


@pytest.mark.parametrize("verdict", ["confirmed", "contributing", "rejected", "cant_tell"])
def test_each_button_keeps_its_verdict_with_what_was_shown(fresh, verdict: str) -> None:
    filled = form(page(fresh, "ana"), "/verdict")
    assert ("verdict", verdict) in filled.buttons
    answer = send(fresh, filled, verdict=verdict, comment="seen")
    assert answer.headers["location"].endswith("#cause-1")
    (kept,) = records(fresh)
    assert (kept["verdict"], kept["reviewer"], kept["rank"], kept["comment"]) == (verdict, "ana", 1, "seen")
    assert kept["score"] > 0.9
    assert kept["analysis"] == filled.fields["analysis"]
    assert kept["cause"]["subject"] == HOSTILE
    assert kept["opened"] is None
    assert 0 <= kept["seconds"] < 60


def test_the_time_taken_is_counted_from_when_the_page_was_shown(fresh) -> None:
    filled = form(page(fresh, "ana"), "/verdict")
    shown = (datetime.now(UTC) - timedelta(minutes=3)).isoformat()
    send(fresh, filled, verdict="rejected", shown=shown, opened="1")
    (kept,) = records(fresh)
    assert 180 <= kept["seconds"] < 240
    assert kept["opened"] is True


def test_a_form_sent_twice_keeps_one_record(fresh) -> None:
    filled = form(page(fresh, "ana"), "/verdict")
    for _ in range(2):
        send(fresh, filled, verdict="confirmed")
    assert len(records(fresh)) == 1


def test_a_verdict_is_taken_back(fresh) -> None:
    send(fresh, form(page(fresh, "ana"), "/verdict"), verdict="confirmed")
    html = page(fresh, "ana")
    assert 'aria-pressed="true"' in html
    send(fresh, form(html, "/undo"))
    assert [each["kind"] for each in records(fresh)] == ["verdict", "undo"]
    html = page(fresh, "ana")
    assert 'class="say confirmed" aria-pressed' not in html
    assert not [each for each in read(html).forms if each.action.endswith("/undo")]


def test_nobody_takes_back_what_another_said(fresh) -> None:
    send(fresh, form(page(fresh, "ana"), "/verdict"), verdict="confirmed")
    undo = form(page(fresh, "ana"), "/undo")
    answer = as_(fresh, "ben").post(undo.action, data=undo.fields)
    assert answer.status_code == 422
    assert "only they can take it back" in answer.text


def test_a_missing_cause_is_named_or_told_in_words(fresh) -> None:
    filled = form(page(fresh, "ana"), "/missing")
    send(fresh, filled, family="config_change", node="gateway", subject="ttl")
    send(fresh, form(page(fresh, "ana"), "/missing"), comment="somebody unplugged the switch")
    first, second = records(fresh)
    assert first["cause"] == {"family": "config_change", "node": "gateway", "subject": "ttl"}
    assert (second["kind"], second["cause"]) == ("missing", None)
    html = page(fresh, "ana")
    assert "unplugged the switch" in html


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"family": "config_change"}, "choose a node"),
        ({"family": "config_change", "node": "gatewey"}, "gateway"),
        ({}, "name"),
    ],
)
def test_what_is_wrong_with_a_missing_cause_is_told(fresh, said: dict[str, str], told: str) -> None:
    filled = form(page(fresh, "ana"), "/missing")
    answer = fresh.post(filled.action, data=filled.fields | said)
    assert answer.status_code in (404, 422)
    assert told in answer.text
    assert records(fresh) == []


def test_a_node_of_the_graph_leads_to_the_form(fresh) -> None:
    link = next(link for link in read(page(fresh, "ana")).links if "pick=payments-feed" in link)
    assert link.endswith("#missing")
    assert form(as_(fresh, "ana").get(link).text, "/missing").fields["node"] == "payments-feed"


def test_there_was_no_fault(fresh) -> None:
    send(fresh, form(page(fresh, "ana"), "/no-fault"))
    assert [each["kind"] for each in records(fresh)] == ["no_fault"]
    assert "there was no fault" in page(fresh, "ben")


def test_a_result_of_the_check_stands_beside_its_cause(fresh) -> None:
    filled = form(page(fresh, "ana"), "/check")
    assert ("result", "passed") in filled.buttons
    send(fresh, filled, result="passed", comment="the feed did send cents")
    (checked,) = fresh.get(f"/v1/incidents/{PLAIN}").json()["verified"]
    assert (checked["who"], checked["result"], checked["cause"]["family"]) == ("ana", "passed", "data_quality")
    assert "the feed did send cents" in page(fresh, "ben").split('id="cause-1"')[1].split("</article>")[0]


def judge(client: Any, who: str, verdict: str, incident: str = GRAVE, comment: str = "") -> None:
    send(client, form(page(client, who, incident), "/verdict"), verdict=verdict, comment=comment)


def test_the_second_reviewer_of_a_grave_incident_is_blind_until_they_judged(fresh) -> None:
    judge(fresh, "ana", "confirmed", comment="it was the feed")
    html = page(fresh, "ana", GRAVE)
    send(fresh, form(html, "/check"), result="passed", comment="replayed with euros")
    html = page(fresh, "ana", GRAVE)
    send(fresh, form(html, "/state"), step="close", reason="rolled the feed back")
    seen = page(fresh, "ben", GRAVE)
    assert 'id="blind"' in seen
    for told in ("replayed with euros", "rolled the feed back"):
        assert told not in seen
        assert told in page(fresh, "ana", GRAVE)
    for told in ("it was the feed", ">ana<", "ana,", 'class="badge good">confirmed'):
        assert told not in seen
    assert "second review, blind" in as_(fresh, "ben").get("/incidents").text
    assert "it was the feed" in page(fresh, "ben", GRAVE, "?reveal=1")
    judge(fresh, "ben", "confirmed")
    assert "it was the feed" in page(fresh, "ben", GRAVE)


def test_an_incident_that_is_not_grave_nor_drawn_hides_nothing(fresh) -> None:
    judge(fresh, "ana", "confirmed", PLAIN, "it was the feed")
    assert "it was the feed" in page(fresh, "ben", PLAIN)


def test_about_a_fifth_is_judged_twice_and_always_the_same() -> None:
    drawn = [blind.wants_second(f"inc-{number}", "low") for number in range(2000)]
    assert 0.17 < sum(drawn) / len(drawn) < 0.23
    assert drawn == [blind.wants_second(f"inc-{number}", None) for number in range(2000)]
    assert blind.wants_second("inc-43", " High ")


def test_a_dispute_is_shown_with_agreement_and_settled_by_a_ruling(fresh) -> None:
    judge(fresh, "ana", "confirmed", comment="cents")
    judge(fresh, "ben", "rejected", comment="it was the release")
    html = page(fresh, "ana", GRAVE)
    panel = html.split('id="dispute"')[1].split("</section>")[0]
    assert "Reviewers disagree" in html
    assert "it was the release" in panel
    assert "n = 1" in html
    assert rows_disputed(fresh) == [GRAVE]
    assert "You are part of it" in html
    send(fresh, form(page(fresh, "chris", GRAVE), "/ruling"), verdict="confirmed", comment="replayed it")
    after = page(fresh, "ana", GRAVE)
    assert 'id="dispute"' not in after
    assert "(ruling)" in after
    assert rows_disputed(fresh) == []


def rows_disputed(client: Any) -> list[str]:
    return [row["incident"] for row in client.get("/v1/incidents?disputed=true").json()["rows"]]


def test_two_reviewers_at_once_lose_nothing(fresh) -> None:
    first, second = (form(page(fresh, who), "/verdict") for who in ("ana", "ben"))
    send(as_(fresh, "ana"), first, verdict="confirmed")
    send(as_(fresh, "ben"), second, verdict="rejected")
    assert {(each["reviewer"], each["verdict"]) for each in records(fresh)} == {
        ("ana", "confirmed"),
        ("ben", "rejected"),
    }


def edit_title(client: Any, shown: Form, title: str) -> Any:
    return client.post(shown.action, data=shown.fields | {"title": title})


def close(client: Any, shown: Form, _: str) -> Any:
    return client.post(shown.action, data=shown.fields | {"step": "close", "reason": "mended"})


@pytest.mark.parametrize(("ending", "change"), [("/edit", edit_title), ("/state", close)])
def test_an_edit_of_an_older_version_is_refused_and_told(
    fresh, ending: str, change: Callable[[Any, Form, str], Any]
) -> None:
    ana, ben = (form(page(fresh, who), ending) for who in ("ana", "ben"))
    assert change(as_(fresh, "ana"), ana, "by ana").status_code == 303
    late = change(as_(fresh, "ben"), ben, "by ben")
    assert late.status_code == 409
    assert "was changed meanwhile" in late.text
    assert fresh.get(f"/v1/incidents/{PLAIN}").json()["version"] > int(ana.fields["version"])


def test_incidents_are_joined_and_taken_apart_again(fresh) -> None:
    shown = form(page(fresh, "ana"), "/state", 1)
    send(fresh, shown, step="merge", other=GRAVE)
    html = page(fresh, "ana")
    assert GRAVE in html.split("Merged in")[1].split("</dl>")[0]
    send(fresh, form(html, "/state", 1), step="split", other=GRAVE)
    assert "Merged in" not in page(fresh, "ana")


def test_a_remark_is_in_the_timeline(fresh) -> None:
    send(fresh, form(page(fresh, "ana"), "/note"), text=f"called the vendor {HOSTILE}")
    html = page(fresh, "ben")
    assert "called the vendor &lt;img" in html
    assert HOSTILE not in html


def test_it_is_explained_anew(fresh) -> None:
    answer = send(fresh, form(page(fresh, "ana"), "/explain"))
    assert "being explained" in as_(fresh, "ana").get(answer.headers["location"].split("#")[0]).text


def test_who_reviews_is_kept_by_the_browser(fresh) -> None:
    answer = fresh.post("/name", data={"name": " Zoë  Müller ", "back": "/incidents?mine=1"})
    assert answer.headers["location"] == "/incidents?mine=1"
    assert "httponly" in answer.headers["set-cookie"].lower()
    html = fresh.get("/incidents").text
    assert "zoë müller" in html
    assert fresh.post("/name", data={"name": "x", "back": "//evil.example/"}).headers["location"] == "/"


def test_a_form_of_another_site_is_refused(fresh) -> None:
    filled = form(page(fresh, "ana"), "/no-fault")
    answer = fresh.post(filled.action, data=filled.fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert records(fresh) == []
