"""Reviewing incidents in a browser: by keyboard alone, without scripts, two people at once."""

from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

UNREVIEWED = "inc-115"


def records(address: str, incident: str) -> list[dict[str, Any]]:
    return list(httpx.get(f"{address}/v1/feedback?incident={incident}").json())


def standing(address: str, incident: str, who: str) -> list[tuple[str, str | None, int | None]]:
    """Return what a reviewer said and did not take back: kind, verdict, rank."""
    said = [each for each in records(address, incident) if each["reviewer"] == who]
    back = {each["reverts"] for each in said}
    return [
        (each["kind"], each["verdict"], each["rank"])
        for each in said
        if each["kind"] != "undo" and each["id"] not in back
    ]


def pressed(page: Any, key: str, kept: str) -> None:
    """Press a key that adds a record, and wait for the page that says so."""
    with page.expect_navigation():
        page.keyboard.press(key)
    assert kept in page.locator("#done").inner_text()


def test_an_incident_is_reviewed_by_keyboard_alone(own, opened) -> None:
    page = opened(own, name="kim")
    page.goto("/incidents")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('tr').dataset.incident")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    incident = page.url.split("/incidents/")[1].split("?")[0]

    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "cause-1"
    pressed(page, "1", "Your verdict is kept")
    assert page.evaluate("document.activeElement.id") == "cause-1"
    assert page.locator("#cause-1 .say.confirmed").get_attribute("aria-pressed") == "true"
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "cause-2"
    pressed(page, "3", "Your verdict is kept")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.id") == "cause-1"
    assert standing(own, incident, "kim") == [("verdict", "confirmed", 1), ("verdict", "rejected", 2)]

    pressed(page, "u", "Taken back")
    assert standing(own, incident, "kim") == [("verdict", "confirmed", 1)]
    taken = [each for each in records(own, incident) if each["kind"] == "verdict"]
    assert all(each["seconds"] is not None and each["opened"] is not None for each in taken)

    page.keyboard.press("m")
    assert page.evaluate("document.activeElement.id") == "m-family"
    page.keyboard.press("Tab")
    page.keyboard.type("booking-feed")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("1234 nu m jk ? [] the partner's export was cut off")
    assert standing(own, incident, "kim") == [("verdict", "confirmed", 1)]
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("#done").inner_text().startswith("The missing cause is kept")
    pressed(page, "u", "Taken back")
    pressed(page, "n", "there was no fault")
    assert ("no_fault", None, None) in standing(own, incident, "kim")

    page.keyboard.press("?")
    assert page.locator("dialog#keys").is_visible()
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    assert not page.locator("dialog#keys").is_visible()
    with page.expect_navigation():
        page.keyboard.press("]")
    assert incident not in page.url
    assert "/incidents/" in page.url


def test_the_fourth_cause_is_one_press_away_and_can_be_judged(own, opened) -> None:
    page = opened(own, name="lee")
    page.goto(f"/incidents/{UNREVIEWED}")
    assert not page.locator("#cause-4").is_visible()
    for _ in range(4):
        page.keyboard.press("j")
    assert page.locator("#cause-4").is_visible()
    pressed(page, "4", "Your verdict is kept")
    assert page.locator("#cause-4").is_visible()
    assert standing(own, UNREVIEWED, "lee") == [("verdict", "cant_tell", 4)]


def test_everything_can_be_said_without_scripts(own, opened) -> None:
    page = opened(own, name="noa", script=False)
    page.goto("/incidents")
    page.locator(f'tr[data-incident="{UNREVIEWED}"] a').click()
    page.locator("#cause-1").get_by_role("button", name="Contributing").click()
    page.locator("#done", has_text="Your verdict is kept").wait_for()
    page.locator("#m-comment").fill("the lookup table was stale")
    page.get_by_role("button", name="Keep the missing cause").click()
    page.locator("#missing p", has_text="the lookup table was stale").wait_for()
    page.locator("#undo button").click()
    page.locator("#done", has_text="Taken back").wait_for()
    page.locator("#cause-1 .check summary").click()
    page.locator("#cause-1").get_by_role("button", name="Unclear").click()
    page.locator("#done", has_text="The result of the check is kept").wait_for()
    assert standing(own, UNREVIEWED, "noa") == [("verdict", "contributing", 1)]
    page.locator("#why-of").fill("label_change")
    page.get_by_role("button", name="Ask").click()
    page.locator("#why .answer", has_text="label").wait_for()
    assert page.locator("#contrast a").first.get_attribute("href").endswith("/contrast")


def test_two_reviewers_at_once_lose_nothing(own, opened) -> None:
    pages = {name: opened(own, name=name) for name in ("ana-2", "ben-2")}
    for page in pages.values():
        page.goto("/incidents/inc-106")
        page.keyboard.press("j")
    pressed(pages["ana-2"], "1", "Your verdict is kept")
    pressed(pages["ben-2"], "3", "Your verdict is kept")
    assert standing(own, "inc-106", "ana-2") == [("verdict", "confirmed", 1)]
    assert standing(own, "inc-106", "ben-2") == [("verdict", "rejected", 1)]
    for page in pages.values():
        page.goto("/incidents/inc-106?reveal=1")
        words = page.locator("#cause-1 .words").inner_text()
        assert "confirmed" in words
        assert "rejected" in words

    for page in pages.values():
        page.locator("#handle summary", has_text="Title").click()
        page.locator("#e-title").fill(f"renamed by {page.locator('.me summary').inner_text()}")
    ana, ben = ((page, page.locator("#handle").get_by_role("button", name="Keep")) for page in pages.values())
    with ana[0].expect_navigation():
        ana[1].click()
    with ben[0].expect_navigation():
        ben[1].click()
    assert ana[0].locator("h1").inner_text() == "renamed by ana-2"
    assert "changed meanwhile" in ben[0].locator("main").inner_text()
    ben[0].go_back()
    assert ben[0].locator("#e-title").input_value() == "renamed by ben-2"


def test_a_new_incident_appears_by_itself(own, opened) -> None:
    page = opened(own)
    page.goto("/incidents")
    total = int(page.locator("#total").inner_text())
    new = {"id": "inc-live", "node": "cancellation-risk", "metric": "auc", "detected_at": "2026-11-28T12:00:00Z"}
    assert httpx.post(f"{own}/v1/incidents", json=new).status_code == 201
    page.locator('tr[data-incident="inc-live"]').wait_for()
    assert page.locator("#total").inner_text() == str(total + 1)
    assert page.locator("#live").inner_text() == "A new incident."


def test_times_are_utc_until_the_reader_asks_for_their_own(served, opened) -> None:
    page = opened(served)
    page.goto("/incidents/inc-110")
    first = page.locator("#symptom .lead time")
    assert first.inner_text().endswith("UTC")
    page.locator("#clock").click()
    assert first.inner_text().endswith(("GMT+1", "GMT+2", "CET", "CEST"))
    source = page.locator("#symptom picture img").get_attribute("src")
    assert "offset=" in source
    page.reload()
    assert not page.locator("#symptom .lead time").inner_text().endswith("UTC")
    page.locator("#clock").click()
    assert page.locator("#symptom .lead time").inner_text().endswith("UTC")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_charts_are_there_in_the_theme_and_width_of_the_reader(served, opened, theme: str, width: int) -> None:
    page = opened(served, theme=theme, width=width)
    page.goto("/incidents/inc-110")
    image = page.locator("#symptom picture img")
    image.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())
    shown = image.evaluate("image => image.currentSrc")
    assert ("theme=dark" in shown) == (theme == "dark")
    assert ("size=small" in shown) == (width < 640)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/contrast", "/similar", "?why=data_quality", "?analysis=latest"])
def test_what_belongs_to_an_incident_has_nothing_that_is_serious(served, opened, path: str, theme: str) -> None:
    page = opened(served, theme=theme)
    answer = httpx.get(f"{served}/v1/incidents/inc-110/analyses").json()[0]["id"]
    page.goto(f"/incidents/inc-110{path.replace('latest', answer)}", wait_until="networkidle")
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    if not path.startswith("/"):
        page.keyboard.press("?")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
