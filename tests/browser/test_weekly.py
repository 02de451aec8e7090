"""The weekly reviews: a lead reads one, freezes a week, and sees the charts in either theme."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from rca.demo.site import end_of_log
from rca.incidents import week_of


@pytest.fixture(scope="module")
def weeks(own: str) -> tuple[str, str]:
    """A week that was frozen, and one of which nobody thought; the latest one is frozen by the service itself."""
    told = httpx.get(f"{own}/v1/reviews", timeout=30).json()
    return told["reviews"][-1]["week"], week_of(datetime.now(UTC) - timedelta(weeks=20))


def test_a_frozen_review_is_read_from_the_list(own, opened, weeks) -> None:
    page = opened(own)
    page.goto("/reviews")
    page.get_by_role("link", name=weeks[0], exact=True).click()
    page.wait_for_url(f"**/reviews/{weeks[0]}")
    assert page.locator("h1").inner_text() == f"Weekly review {weeks[0]}"
    assert "by ana" in page.locator(".heading").inner_text()
    for heading in ("Incidents and impact", "Where they come from", "What returns", "How long it took", "Action items"):
        assert page.get_by_role("heading", name=heading).is_visible()
    page.wait_for_load_state("networkidle")
    drawn = page.evaluate("[...document.images].filter(i => i.closest('picture')).map(i => i.naturalWidth)")
    assert len(drawn) >= 4
    assert all(width > 100 for width in drawn)


def test_charts_follow_the_theme_and_the_phone(own, opened, weeks) -> None:
    page = opened(own, width=390, theme="dark")
    page.goto(f"/reviews/{weeks[0]}", wait_until="networkidle")
    shown = page.evaluate("[...document.images].filter(i => i.closest('picture')).map(i => i.currentSrc)")
    assert shown
    assert all("theme=dark" in url and "size=small" in url for url in shown)


def test_the_figures_stand_beside_the_charts(own, opened, weeks) -> None:
    page = opened(own, script=False)
    page.goto(f"/reviews/{weeks[0]}")
    page.get_by_text("The figures by week").first.click()
    table = page.get_by_role("region", name="Figures by week")
    assert weeks[0] in table.inner_text()


def test_a_week_that_is_over_is_frozen_without_a_script(own, opened, weeks) -> None:
    page = opened(own, script=False, name="lea")
    page.goto(f"/reviews/{weeks[1]}")
    assert "not final" in page.locator(".heading").inner_text()
    page.get_by_role("button", name="Freeze this review").click()
    page.wait_for_url(f"**/reviews/{weeks[1]}")
    assert "revision 1" in page.locator(".heading").inner_text()
    assert "by lea" in page.locator(".heading").inner_text()
    page.get_by_role("button", name="Make another revision").click()
    assert "revision 2" in page.locator(".heading").inner_text()
    page.goto(f"/reviews/{weeks[1]}?revision=1")
    assert "revision 2 is the latest" in page.locator(".heading").inner_text()


def test_it_prints_without_what_only_a_screen_needs(own, opened, weeks) -> None:
    page = opened(own)
    page.goto(f"/reviews/{weeks[0]}", wait_until="networkidle")
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible()
    assert not page.get_by_role("button", name="Print").is_visible()
    assert page.locator("h1").is_visible()
    assert page.pdf(format="A4")[:5] == b"%PDF-"


@pytest.mark.parametrize(("form", "begins"), [("markdown", "# Weekly review"), ("html", "<!doctype html>")])
def test_exports_are_what_people_keep(own, opened, weeks, form: str, begins: str) -> None:
    page = opened(own)
    page.goto(f"/reviews/{weeks[0]}")
    with page.expect_download() as started:
        page.get_by_role("link", name="Markdown" if form == "markdown" else "HTML", exact=True).click()
    assert started.value.path().read_text(encoding="utf-8").startswith(begins)


def test_the_week_so_far_is_the_clocks(own, opened) -> None:
    page = opened(own)
    page.goto("/reviews")
    page.get_by_role("link", name="This week so far").click()
    assert page.locator("h1").inner_text().endswith(week_of(datetime.now(UTC)))
    assert end_of_log(datetime.now(UTC)) <= datetime.now(UTC)
