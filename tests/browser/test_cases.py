"""Cases, procedures and action items by plain forms; two who write at once."""

import pytest


def test_a_case_is_found_by_its_words(own, opened) -> None:
    page = opened(own, script=False)
    page.goto("/cases")
    page.get_by_label("Words").fill("connector days")
    page.get_by_role("button", name="Search").click()
    hits = page.locator(".hits li")
    assert hits.count() >= 1
    hits.first.get_by_role("link").click()
    assert "lead_hours" in page.locator("main").inner_text()
    for heading in ("Symptom", "Cause", "What told it apart", "Fix", "Prevention"):
        assert page.get_by_role("heading", name=heading, exact=True).is_visible()


def test_nothing_found_says_what_to_do(own, opened) -> None:
    page = opened(own)
    page.goto("/cases?q=zzzzzz")
    assert "No settled case fits" in page.locator("main").inner_text()
    page.get_by_role("link", name="Show all cases").click()
    assert page.locator(".hits li").count() >= 3


def test_an_unsettled_incident_is_no_case_yet(own, opened) -> None:
    page = opened(own)
    page.goto("/cases/inc-115")
    assert "not settled" in page.locator("main").inner_text()


def test_a_new_version_of_a_procedure_is_written(own, opened) -> None:
    page = opened(own, script=False, name="ana")
    page.goto("/procedures/concept_drift")
    page.get_by_role("link", name="Write a new version").click()
    page.get_by_label("Owner").fill("risk-ml")
    body = page.get_by_label("Text")
    body.fill(
        body.input_value().replace("## Confirm", "## Confirm\n\n* **Ask** <b>them</b> [here](javascript:alert(1))\n")
    )
    page.get_by_role("button", name="Keep this version").click()
    page.wait_for_url("**/procedures/concept_drift")
    text = page.locator("article")
    assert "Ask <b>them</b> [here](javascript:alert(1))" in text.inner_text()
    assert text.locator("strong", has_text="Ask").is_visible()
    assert text.locator("a").count() == 0
    assert "Version 2, written by ana" in page.locator(".heading").inner_text()


def test_of_two_who_write_at_once_neither_is_lost(own, opened) -> None:
    first, second = opened(own, name="ana"), opened(own, name="ben")
    for page, words in ((first, "Ana's step"), (second, "Ben's step")):
        page.goto("/procedures/outliers/edit")
        body = page.get_by_label("Text")
        body.fill(body.input_value() + f"\n* {words}\n")
    first.get_by_role("button", name="Keep this version").click()
    first.wait_for_url("**/procedures/outliers")
    second.get_by_role("button", name="Keep this version").click()
    assert "ana wrote version 2" in second.get_by_role("alert").inner_text()
    assert "Ben's step" in second.get_by_label("Text").input_value()
    second.get_by_role("button", name="Keep this version").click()
    second.wait_for_url("**/procedures/outliers")
    assert "Version 3, written by ben" in second.locator(".heading").inner_text()
    second.goto("/procedures/outliers?version=2")
    assert "Ana's step" in second.locator("article").inner_text()


def test_a_procedure_without_a_section_is_kept_in_the_form(own, opened) -> None:
    page = opened(own)
    page.goto("/procedures/label_change/edit")
    page.get_by_label("Text").fill("## Diagnose\n\nonly this")
    page.get_by_role("button", name="Keep this version").click()
    assert "lacks the section confirm" in page.get_by_role("alert").inner_text().lower()
    assert page.get_by_label("Text").input_value() == "## Diagnose\n\nonly this"


def test_an_action_goes_its_way(own, opened) -> None:
    page = opened(own, script=False, name="ana")
    page.goto("/actions?incident=inc-113")
    page.get_by_label("What exactly is to be done?").fill("Agree on meal codes with the partner")
    page.get_by_label("Who does it?").fill("data-platform")
    page.get_by_label("Cause").fill("feature_drift/price-feed/meal")
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/actions#act-*")
    item = page.locator(".hits > li", has_text="Agree on meal codes")
    assert "inc-113" in item.inner_text()
    item.get_by_text("What became of it?").click()
    item.get_by_role("button", name="It is done").click()
    item = page.locator(".hits > li", has_text="Agree on meal codes")
    item.get_by_text("What became of it?").click()
    item.get_by_label("How it was checked").fill("a week without unknown codes")
    item.get_by_role("button", name="It helped").click()
    assert "verified effective" in page.locator(".hits > li", has_text="Agree on meal codes").inner_text()


@pytest.mark.parametrize(
    ("title", "cause", "says"),
    [("Fix it", "", "does not say what is to be done"), ("Check the feed's units", "nonsense", "is no cause")],
)
def test_an_action_that_says_nothing_is_told_so(own, opened, title: str, cause: str, says: str) -> None:
    page = opened(own)
    page.goto("/actions")
    page.get_by_label("What exactly is to be done?").fill(title)
    page.get_by_label("Who does it?").fill("platform")
    page.get_by_label("Cause").fill(cause)
    page.get_by_role("button", name="Add", exact=True).click()
    assert says in page.get_by_role("alert").inner_text()
    assert page.get_by_label("What exactly is to be done?").input_value() == title


def test_of_two_who_move_an_action_the_later_is_told(own, opened) -> None:
    first, second = opened(own, name="ana"), opened(own, name="ben")
    for page in (first, second):
        page.goto("/actions?state=open")
        page.locator(".hits > li").first.get_by_text("What became of it?").click()
    first.locator(".hits > li").first.get_by_role("button", name="It is done").click()
    first.wait_for_url("**/actions#act-*")
    second.locator(".hits > li").first.get_by_role("button", name="It is done").click()
    assert "somebody moved it meanwhile" in second.locator("main").inner_text()
