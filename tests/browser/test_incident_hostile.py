"""A column, a title, a change and remarks that try to be markup are text on every page, in charts and in exports."""

import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rca.demo.site import DATABASE
from tests.api.pages.story import GRAVE, HOSTILE, PLAIN, write
from tests.browser.conftest import serving


@pytest.fixture(scope="module")
def hostile(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service over such names, where an incident is settled with such remarks."""
    folder = Path(tmp_path_factory.mktemp("hostile"))
    write(folder / DATABASE)
    with serving(folder) as address:
        cause = {"family": "data_quality", "node": "payments-feed", "subject": HOSTILE}
        said = {"incident": PLAIN, "verdict": "confirmed", "cause": cause, "comment": HOSTILE}
        add(f"{address}/v1/feedback", said)
        add(f"{address}/v1/incidents/{PLAIN}/notes", {"text": HOSTILE})
        add(f"{address}/v1/incidents/{GRAVE}/checks", {"step": HOSTILE, "result": "passed", "comment": HOSTILE})
        yield address


def add(url: str, said: dict[str, object]) -> None:
    assert httpx.post(url, json=said).status_code == 201


QUOTED = urllib.parse.quote(HOSTILE)


@pytest.mark.parametrize(
    "path",
    [
        "/incidents",
        f"/incidents?text={QUOTED}&node={QUOTED}",
        f"/incidents/{GRAVE}?why={QUOTED}&pick={QUOTED}&said={QUOTED}",
        f"/incidents/{PLAIN}",
        f"/incidents/{GRAVE}/contrast",
        f"/incidents/{PLAIN}/postmortem.html",
        "/cases",
        f"/cases?text={QUOTED}",
        f"/cases/{PLAIN}",
        "/reviews",
        "/actions",
        "/ranker",
        "/system",
        f"/incidents/{QUOTED}",
    ],
)
def test_nothing_that_was_named_so_acts(hostile, opened, path: str) -> None:
    page = opened(hostile, name=urllib.parse.quote(HOSTILE))
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.goto(path, wait_until="networkidle")
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    assert asked == []
    assert page.locator('img[src="x"]').count() == 0
    assert page.evaluate("[...document.querySelectorAll('*')].some(e => e.hasAttribute('onerror'))") is False
    if path.startswith(f"/incidents/{GRAVE}?"):
        assert HOSTILE in page.locator("#cause-1 .where").inner_text()
        assert page.locator("#m-node").input_value() == HOSTILE


def test_charts_opened_by_themselves_are_harmless(hostile, opened) -> None:
    page = opened(hostile)
    page.goto(f"/incidents/{GRAVE}")
    charts = page.eval_on_selector_all("picture img", "all => all.map(each => each.getAttribute('src'))")
    assert len(charts) >= 2
    for chart in charts:
        page.goto(chart)
        assert page.evaluate("document.documentElement.tagName") == "svg"
        assert page.evaluate("[...document.querySelectorAll('*')].some(e => e.hasAttribute('onerror'))") is False


def test_the_markdown_export_escapes_it(hostile) -> None:
    text = httpx.get(f"{hostile}/incidents/{PLAIN}/postmortem.md").text
    assert HOSTILE not in text
    assert "onerror" in text
