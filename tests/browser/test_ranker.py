"""The ranker's page: how good the answers have been, and changing which one answers with a confirmation."""

import re

TO_HEURISTIC = re.compile("Let it answer.*heuristic")


def test_quality_is_shown_as_charts_and_figures(served, opened) -> None:
    page = opened(served)
    page.goto("/ranker", wait_until="networkidle")
    assert "pretrained answers" in page.locator(".heading").inner_text()
    widths = page.evaluate("[...document.images].filter(i => i.closest('picture')).map(i => i.naturalWidth)")
    assert len(widths) == 2
    assert all(width > 100 for width in widths)
    families = page.get_by_role("region", name="Quality by family").inner_text()
    assert "data quality" in families
    assert "100%" in families


def test_another_one_answers_only_after_a_confirmation(own, opened) -> None:
    page = opened(own, script=False, name="ana")
    page.goto("/ranker")
    page.get_by_role("link", name=TO_HEURISTIC).click()
    assert "heuristic answer?" in page.locator("h1").inner_text()
    page.goto("/ranker")
    assert "pretrained answers" in page.locator(".heading").inner_text()
    page.get_by_role("link", name=TO_HEURISTIC).click()
    page.get_by_label("Why?").fill("to compare")
    page.get_by_role("button", name="Let it answer").click()
    assert "heuristic answers" in page.locator(".heading").inner_text()
    page.get_by_text("What happened").click()
    assert "to compare" in page.locator("main").inner_text()
    page.get_by_role("link", name="Return to the one before").click()
    page.get_by_role("button", name="Return to it").click()
    assert "pretrained answers" in page.locator(".heading").inner_text()


def test_a_decision_on_another_state_is_refused(own, opened) -> None:
    first, second = opened(own, name="ana"), opened(own, name="ben")
    for page in (first, second):
        page.goto("/ranker/promote?version=heuristic")
    first.get_by_role("button", name="Let it answer").click()
    first.wait_for_url("**/ranker")
    second.get_by_role("button", name="Let it answer").click()
    assert "somebody changed it meanwhile" in second.locator("main").inner_text()
