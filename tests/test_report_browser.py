"""The page in a real browser: WCAG 2.2 AA as far as axe-core sees, reflow at 320 px, keyboard, nothing requested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_fixture import LITTER, empty_data, open_data, report_data

from analysis.types import Quote, ReportData, SafeText
from reports.render import write_report

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium at /usr/bin/chromium"),
]


def long_words() -> ReportData:
    word = SafeText("Unbrokenword" * 40)
    theme = replace(LITTER, label=word, description=word, keywords=(word,), quotes=(Quote(word, "like"),))
    full = report_data()
    vision = replace(full.vision[0], title=word, aspiration=word, themes=(theme,))
    return replace(full, title=word, framework_title=word, vision=(vision,), provenance=((word, word),))


REPORTS = {"full": report_data, "empty": empty_data, "open": open_data, "long words": long_words}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(params=REPORTS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return write_report(REPORTS[request.param](), tmp_path)[0].as_uri()


def open_page(browser: Any, address: str, width: int) -> tuple[Any, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    return page, requests


def test_page_meets_wcag(browser: Any, address: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page, requests = open_page(browser, address, 320)
    result = axe.run(page, options=RULES)
    assert result.violations_count == 0, result.generate_report()
    assert len(result.response["passes"]) > 20
    assert requests == [address]
    page.close()


def test_page_reflows_without_sideways_scrolling(browser: Any, address: str) -> None:
    for width in (320, 768, 1280):
        page, _ = open_page(browser, address, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()


def test_axe_would_see_a_fault(browser: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = browser.new_page()
    page.set_content("<p style='color:#bbb;background:#fff'>Pale</p><img src='data:,'>")
    assert axe.run(page, options=RULES).violations_count >= 2
    page.close()


def test_keyboard_reaches_the_skip_link_first_and_every_wide_table(browser: Any, tmp_path: Path) -> None:
    page, _ = open_page(browser, write_report(report_data(), tmp_path)[0].as_uri(), 320)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-labelledby')"))
    assert {"ranked-table", "found-table", "questions-table"} <= reached
    page.close()
