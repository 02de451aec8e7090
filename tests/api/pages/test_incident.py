import pytest

from tests.api.pages.forms import form, read
from tests.api.pages.story import GRAVE, HOSTILE, PLAIN, THIRD, as_

ESCAPED = "&lt;img src=x onerror=alert(1)&gt;"


@pytest.fixture(scope="module")
def html(served) -> str:
    return served.get(f"/incidents/{GRAVE}").text


@pytest.mark.parametrize(
    "place",
    [
        *("symptom", "causes", "cause-1", "missing", "reviews", "graph", "contrast", "examined", "why", "similar"),
        *("answers", "handle", "timeline", "no-fault"),
    ],
)
def test_each_part_has_a_place_that_links_can_name(html: str, place: str) -> None:
    assert place in read(html).ids


def test_ids_are_used_once_and_links_within_the_page_lead_somewhere(html: str) -> None:
    page = read(html)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1


def test_the_symptom_is_told_with_its_change_and_chart(html: str) -> None:
    assert "auc of fraud-scorer" in html
    assert "fell" in html
    assert "feed v7" in html
    assert "nearest to the onset" in html
    assert "/symptom.svg?" in html


def test_a_cause_tells_its_probability_and_what_such_were_worth(html: str) -> None:
    assert "&gt;99%" in html
    assert "is not known yet (0 settled)" in html
    assert "If it is right" in html
    assert "/procedures/data_quality" in html


def test_all_names_are_escaped_and_nothing_acts(html: str, served) -> None:
    for path in ("", "/contrast", "/contrast?part=true", "/postmortem.html", f"?why={HOSTILE}", f"?pick={HOSTILE}"):
        text = served.get(f"/incidents/{GRAVE}{path}").text
        page = read(text)
        assert HOSTILE not in text, path
        assert not {name for name in page.attributes if name.startswith("on")}, path
        assert "style" not in page.attributes, path
    assert ESCAPED in html


def test_the_markdown_draft_has_no_markup_of_data(served) -> None:
    answer = served.get(f"/incidents/{GRAVE}/postmortem.md")
    assert answer.headers["content-type"].startswith("text/markdown")
    assert "attachment" in answer.headers["content-disposition"]
    assert HOSTILE not in answer.text
    assert "<img" not in answer.text.replace("\\<img", "")
    assert "Timeline" in answer.text


def test_the_html_draft_may_style_itself_and_nothing_else(served) -> None:
    policy = served.get(f"/incidents/{GRAVE}/postmortem.html").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "script-src" not in policy


@pytest.mark.parametrize("chart", ["symptom", "c1e1", "curve"])
@pytest.mark.parametrize("look", ["", "?theme=dark&size=small", "?offset=330"])
def test_charts_are_drawn_and_escape_names(served, html: str, chart: str, look: str) -> None:
    answer = served.get(charts_of(html, chart) + look)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")
    assert HOSTILE not in answer.text
    assert served.get(charts_of(html, chart) + look).text == answer.text


def charts_of(html: str, chart: str) -> str:
    base = html.split("/symptom.svg", maxsplit=1)[0].rsplit('"', 1)[1]
    return f"{base}/{chart}.svg"


def test_a_chart_of_another_incident_is_refused(served, html: str) -> None:
    other = charts_of(html, "symptom").replace(GRAVE, PLAIN)
    assert served.get(other).status_code == 404
    assert served.get(charts_of(html, "nothing")).status_code == 404


def test_the_clock_of_a_chart_can_be_ahead(served, html: str) -> None:
    plain, ahead = (served.get(charts_of(html, "symptom") + look).text for look in ("", "?offset=330"))
    assert plain != ahead
    assert served.get(charts_of(html, "symptom") + "?offset=99999").status_code == 400


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("data_quality", "It is listed as"),
        ("feature-store", "no family proposed anything"),
        ("gateway", "nothing leads from gateway to fraud-scorer"),
        ("agee", "did you mean age"),
        ("age", "no family proposed anything"),
    ],
)
def test_why_not_is_answered_for_family_node_and_column(served, asked: str, told: str) -> None:
    assert told in served.get(f"/incidents/{GRAVE}?why={asked}").text


def test_raw_logs_are_told_as_tables(served) -> None:
    html = served.get(f"/incidents/{GRAVE}/contrast").text
    assert "true ↓ / said →" in html
    assert "Precision and recall" in html
    assert read(html).tags.count("h1") == 1


def test_two_answers_stand_side_by_side(fresh) -> None:
    first = fresh.get(f"/v1/incidents/{GRAVE}/analyses").json()[0]["id"]
    asked = fresh.post(f"/v1/incidents/{GRAVE}:analyze", json={"ranker": "heuristic"}, headers={"Prefer": "wait=60"})
    assert asked.status_code == 200
    second = fresh.get(f"/v1/incidents/{GRAVE}/analyses").json()[0]["id"]
    assert first != second
    page = fresh.get(f"/incidents/{GRAVE}").text
    assert form(page, "/compare").fields.keys() == {"one", "other"}
    html = fresh.get(f"/incidents/{GRAVE}/compare?one={first}&other={second}").text
    assert "heuristic" in html
    assert "Difference" in html
    assert "earlier answer" in fresh.get(f"/incidents/{GRAVE}?analysis={first}").text
    assert fresh.get(f"/incidents/{PLAIN}/compare?one={first}&other={second}").status_code == 400


def test_nothing_likely_is_told_as_plainly_as_a_finding(fresh) -> None:
    quiet = {
        "id": "inc-quiet",
        "node": "fraud-scorer",
        "metric": "auc",
        "detected_at": "2026-03-04T00:00:00Z",
        "started_at": "2026-03-03T12:00:00Z",
    }
    assert fresh.post("/v1/incidents", json=quiet).status_code == 201
    assert "Explain it" in fresh.get("/incidents/inc-quiet").text
    assert fresh.post("/v1/incidents/inc-quiet:analyze", headers={"Prefer": "wait=60"}).status_code == 200
    html = fresh.get("/incidents/inc-quiet").text
    assert 'id="undetermined"' in html
    assert "What is missing" in html


def test_brackets_walk_the_filtered_list(served) -> None:
    html = served.get(f"/incidents/{PLAIN}?unreviewed=1").text
    assert f'rel="prev" data-key="[" href="/incidents/{THIRD}?unreviewed=1"' in html
    assert f'rel="next" data-key="]" href="/incidents/{GRAVE}?unreviewed=1"' in html


def test_an_unknown_incident_is_a_page_that_suggests_the_nearest(served) -> None:
    answer = served.get("/incidents/inc-4")
    assert answer.status_code == 404
    assert "<h1>" in answer.text
    assert GRAVE in answer.text


def test_a_reader_sees_no_forms_that_change_anything(fresh) -> None:
    for name in ("admin", "read"):
        made = fresh.post("/v1/tokens", json={"name": name, "account": name, "scopes": [name]})
        assert made.status_code == 201
        fresh.headers["Authorization"] = f"Bearer {made.json()['bearer']}"
    page = fresh.get(f"/incidents/{GRAVE}")
    assert page.status_code == 200
    assert [each.action for each in read(page.text).forms if each.method == "post"] == ["/logout"]
    assert fresh.post(f"/incidents/{GRAVE}/no-fault", data={}).status_code == 403


def test_similar_incidents_tell_what_mended_them(fresh) -> None:
    judged = form(as_(fresh, "ana").get(f"/incidents/{PLAIN}").text, "/verdict")
    said = judged.fields | {"verdict": "confirmed", "comment": "rolled the feed back to v6"}
    assert fresh.post(judged.action, data=said).status_code == 303
    for query in ("", "?part=true"):
        assert "rolled the feed back to v6" in fresh.get(f"/incidents/{THIRD}/similar{query}").text
    assert f'data-load="/incidents/{THIRD}/similar?part=true"' in fresh.get(f"/incidents/{THIRD}").text


def test_without_the_extra_tables_stand_for_charts(fresh, monkeypatch) -> None:
    monkeypatch.setattr("api.pages.incident.can_draw", lambda: False)
    for path in ("", "/contrast"):
        html = fresh.get(f"/incidents/{GRAVE}{path}").text
        assert "<picture" not in html
        assert '<details class="data" open>' in html
