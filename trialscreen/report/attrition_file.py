"""The counts of a cohort as the text of a file, in the form that its ending names."""

import json
from collections.abc import Callable, Mapping

from trialscreen import csvtext
from trialscreen.report import html, markdown
from trialscreen.report.attrition_data import COLUMNS, attrition_data, attrition_rows
from trialscreen.report.attrition_page import Cohort, attrition_page


def _html(cohort: Cohort, _: str) -> str:
    return html.render(attrition_page(cohort), f"Attrition {cohort.trial.registration.nct_id}")


def _json(cohort: Cohort, tool_version: str) -> str:
    return json.dumps(attrition_data(cohort, tool_version), ensure_ascii=False, indent=2) + "\n"


def _csv(cohort: Cohort, _: str) -> str:
    return csvtext.render(COLUMNS, attrition_rows(cohort))


def _markdown(cohort: Cohort, _: str) -> str:
    return markdown.render(attrition_page(cohort))


RENDERERS: Mapping[str, Callable[[Cohort, str], str]] = {
    ".html": _html,
    ".json": _json,
    ".csv": _csv,
    ".md": _markdown,
}
"""By the ending of the file; each takes the version of trialscreen, too."""
