"""Every page, light and dark: nothing that axe-core holds to be serious, no sideways scrolling, the keyboard first."""

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = {
    "incidents": "/incidents",
    "filtered": "/incidents?disputed=1",
    "incident": "/incidents/inc-110",
    "disputed": "/incidents/inc-113",
    "unreviewed": "/incidents/inc-115",
    "latency": "/incidents/inc-103",
    "reviews": "/reviews",
    "cases": "/cases",
    "case": "/cases/inc-110",
    "procedures": "/procedures",
    "procedure": "/procedures/data_quality",
    "editor": "/procedures/data_quality/edit",
    "actions": "/actions",
    "ranker": "/ranker",
    "promote": "/ranker/promote?version=heuristic",
    "system": "/system",
    "problem": "/incidents/inc-000",
}
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def week(served: str) -> str:
    """A frozen week."""
    return str(httpx.get(f"{served}/v1/reviews", timeout=30).json()["reviews"][0]["week"])


@pytest.mark.parametrize("look", [(1280, "light"), (390, "dark")], ids=["wide, light", "phone, dark"])
@pytest.mark.parametrize("name", [*PAGES, "review"])
def test_nothing_serious(served, opened, week, name: str, look: tuple[int, str]) -> None:
    width, theme = look
    page = opened(served, width=width, theme=theme)
    page.goto(PAGES.get(name, f"/reviews/{week}"))
    assert page.locator("h1").count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    grave = {
        each["id"]: [node["html"][:200] for node in each["nodes"]][:4]
        for each in found.response["violations"]
        if each["impact"] in GRAVE
    }
    assert grave == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
