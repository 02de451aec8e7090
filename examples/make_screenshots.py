"""Take the screenshots of the documentation from a service over the demo's incidents.

Usage: rca demo --serve --port 8600 & python examples/make_screenshots.py http://127.0.0.1:8600 docs/images

Needs Chromium. Each file is one page as it is seen at first, in light at 1280 pixels or in dark at 390. pngquant makes
them small enough to keep.
"""

# ruff: noqa: INP001 - a script, not a package

import argparse
import shutil
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

WIDE, PHONE = (1280, 940), (390, 844)
PAGES = {
    "incidents": "/incidents",
    "incident": "/incidents/inc-110",
    "labelling": "/incidents/inc-115",
    "disputed": "/incidents/inc-113",
    "reviews": "/reviews",
    "review": "/reviews/{week}",
    "cases": "/cases",
    "case": "/cases/inc-110",
    "procedures": "/procedures",
    "procedure": "/procedures/data_quality",
    "procedure-editor": "/procedures/data_quality/edit",
    "actions": "/actions",
    "ranker": "/ranker",
    "system": "/system",
}
SCROLLED = {"labelling": "Causes", "disputed": "What was said"}
"""Page -> the heading that stands on top."""

ON_A_PHONE = ("incidents", "incident", "review", "actions")


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    week = httpx.get(f"{given.address}/v1/reviews", timeout=30).json()["reviews"][0]["week"]
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for theme, (width, height), names in (("light", WIDE, PAGES), ("dark", PHONE, ON_A_PHONE)):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
            page = context.new_page()
            for name in names:
                page.goto(given.address + PAGES[name].format(week=week), wait_until="networkidle")
                if name in SCROLLED:
                    heading = page.get_by_role("heading", name=SCROLLED[name], exact=True)
                    heading.evaluate("each => scrollTo(0, each.getBoundingClientRect().top + scrollY - 70)")
                page.screenshot(path=given.folder / f"{name}{'-phone' if theme == 'dark' else ''}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
