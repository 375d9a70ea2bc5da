"""Every report in a real Chromium: an accessibility check, pictures, and the page on A4.

    python -m tests.tools.pages_in_browser AXE OUT

AXE is the file `axe.min.js` of the npm package `axe-core`, OUT a folder for the pictures
and PDFs, to be looked at. Needs Chromium or Chrome on the path, and the Python package
`playwright`; it downloads neither. Exits with 1 if a finding is serious, if a page is
wider than the screen, if it asks for anything or reports an error, or if a record to sign is
longer on paper than it may be.
"""

import importlib.util
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.process import ROOT
from tests.reports import (
    decided_log,
    hostile_log,
    hostile_record,
    in_the_log,
    log,
    mostly_empty,
    noted,
    patient,
)
from trialscreen import load_trial
from trialscreen.output.report.blank_page import blank_document
from trialscreen.output.report.log_page import log_document
from trialscreen.output.report.record_page import record_document

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")  # in a container
WIDTHS = {"wide": 1200, "phone": 390}
TALLEST = 16_000
"""Of a longer page a browser cannot take a picture; its top is shown."""
SERIOUS = ("serious", "critical")

ATTRITION = ROOT / "docs" / "examples" / "attrition.html"

RECORDS = ("eligible", "ineligible", "washout", "undetermined", "empty", "noted")
MOST_SHEETS = 4
"""Of a record on A4; the first of them ends with the signatures."""
A4 = {"width": 703, "height": 1020}
"""What an A4 sheet has inside its margins, in CSS pixels of 1/96 inch."""

PAGES: Mapping[str, Callable[[], str]] = {
    "eligible": lambda: record_document(in_the_log(patient("eligible"), "S-014", 41)),
    "ineligible": lambda: record_document(patient("ineligible_lab")),
    "washout": lambda: record_document(in_the_log(patient("ineligible_washout"), "S-015", 42)),
    "undetermined": lambda: record_document(patient("undetermined")),
    "empty": lambda: record_document(mostly_empty()),
    "noted": lambda: record_document(noted(patient("eligible"))),
    "hostile": lambda: record_document(hostile_record()),
    "log-0": lambda: log_document(log(0)),
    "log-1": lambda: log_document(log(1)),
    "log-200": lambda: log_document(log(200)),
    "log-decided": lambda: log_document(decided_log()),
    "log-hostile": lambda: log_document(hostile_log()),
    "blank": lambda: blank_document(load_trial()),
    "attrition": lambda: ATTRITION.read_text("utf-8"),
}


def lacking(axe: Path) -> str:
    """What is missing to run, in a line; empty if nothing is."""
    if importlib.util.find_spec("playwright") is None:
        return "needs the Python package playwright: pip install playwright"
    if _browser() is None:
        return f"needs a browser on the path: one of {', '.join(BROWSERS)}"
    if not axe.is_file():
        return (
            f"needs axe-core: npm install axe-core, then node_modules/axe-core/axe.min.js ({axe})"
        )
    return ""


def _browser() -> str | None:
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def look(browser: Any, name: str, axe: str, out: Path) -> Iterator[str]:
    """Opens one page, takes its pictures and its PDF; yields what is wrong with it."""
    file = out / f"{name}.html"
    file.write_text(PAGES[name](), encoding="utf-8")
    page = browser.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(f"says: {message.text}"))
    page.on("dialog", lambda dialog: problems.append(f"opens a dialog: {dialog.message}"))
    page.on("request", lambda asked: problems.append(f"asks for {asked.url}"))
    page.goto(file.as_uri())
    problems.remove(f"asks for {file.as_uri()}")
    for width_name, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.set_viewport_size({"width": width, "height": min(_height(page), TALLEST)})
        page.screenshot(path=out / f"{name}-{width_name}.png")
        if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
            problems.append(f"is {needed} wide on a screen of {width}")
        problems += _accessibility(page, f"{name} {width_name}", axe)
    pdf = page.pdf(path=out / f"{name}.pdf", prefer_css_page_size=True)
    if name in RECORDS:
        problems += _sheets(page, pdf)
    page.close()
    yield from problems


def _sheets(page: Any, pdf: bytes) -> Iterator[str]:
    """Whether a record has too many sheets, or signatures that are not on the first."""
    if (sheets := len(re.findall(rb"/Type\s*/Page\b", pdf))) > MOST_SHEETS:
        yield f"is {sheets} sheets on paper"
    page.emulate_media(media="print")
    page.set_viewport_size(A4)
    end = page.evaluate("document.querySelector('.together').getBoundingClientRect().bottom")
    if end > A4["height"]:
        yield f"has its signatures at {end:.0f} px, below the first sheet"


def _height(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollHeight"))


def _accessibility(page: Any, name: str, axe: str) -> Iterator[str]:
    """What axe finds serious; prints the counts of the rest."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations', 'incomplete']})")
    lesser = [one["id"] for one in found["violations"] if one["impact"] not in SERIOUS]
    unsure = [one["id"] for one in found["incomplete"]]
    print(f"{name}: {len(found['passes'])} rules pass; minor {lesser}; to be looked at {unsure}")
    for one in found["violations"]:
        if one["impact"] in SERIOUS:
            places = ", ".join(str(node["target"]) for node in one["nodes"][:3])
            yield f"{one['impact']}: {one['id']}: {one['help']} ({places})"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: python -m tests.tools.pages_in_browser AXE OUT")
        return 2
    axe, out = map(Path, arguments)
    if reason := lacking(axe):
        print(reason)
        return 2
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    source = axe.read_text(encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_browser(), args=BROWSER_ARGUMENTS)
        wrong = [f"{name} {said}" for name in PAGES for said in look(browser, name, source, out)]
        browser.close()
    print("\n".join(wrong) or "nothing serious")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
