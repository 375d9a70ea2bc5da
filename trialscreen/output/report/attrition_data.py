"""The counts of a cohort as JSON (`attrition.schema.json`), as rows, and as the text of a file."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trialscreen.output.report.attrition_page import Cohort, attrition_page
from trialscreen.output.report.criteria_data import short_trial_data
from trialscreen.output.report.render import html, markdown
from trialscreen.output.report.statuses import AID
from trialscreen.tables.attrition.counts import Count, CriterionCounts, Hidden
from trialscreen.text import csvtext

SCHEMA_VERSION = "1.0"

COLUMNS = ("about", "id", "label", "measure", "patients")
_GROUPS = ("assessed", "ineligible", "lacking_data", "judgement_only", "eligible")
_OF_CRITERION = ("met", "not_met", "unknown", "failed_alone", "stopped", "passed_so_far", "gained")


def attrition_data(cohort: Cohort, tool_version: str) -> dict[str, Any]:
    """The object of `--attrition FILE.json`. A count that is not told is a text."""
    trial, found = cohort.trial, cohort.attrition
    titles = {section.id: section.title for section in trial.sections}
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "trialscreen", "version": tool_version},
        "trial": short_trial_data(trial),
        "screening_date": None if cohort.own_days else str(cohort.on),
        "small_cells": cohort.small,
        **{name: _plain(getattr(found, name)) for name in _GROUPS},
        "criteria": [_criterion(one) for one in found.criteria],
        "order_first": [
            {
                "sections": [{"id": name, "title": titles[name]} for name in order.sections],
                "settled": _plain(order.settled),
            }
            for order in found.orders
        ],
        "missing": [
            {
                "element": one.name,
                "label": trial.elements[one.name].label,
                "section": trial.elements[one.name].section,
                "patients": _plain(one.patients),
                "alone": _plain(one.alone),
            }
            for one in found.missing
        ],
        "disclaimer": AID,
    }


def _criterion(one: CriterionCounts) -> dict[str, Any]:
    criterion = one.criterion
    named = {"id": criterion.id, "kind": criterion.kind, "label": criterion.label}
    return named | {name: _plain(getattr(one, name)) for name in _OF_CRITERION}


def attrition_rows(cohort: Cohort) -> Iterator[tuple[object, ...]]:
    """A row of COLUMNS for every count, under the names that it has in JSON."""
    trial, found = cohort.trial, cohort.attrition
    for name in _GROUPS:
        yield "cohort", "", "", name, _plain(getattr(found, name))
    for one in found.criteria:
        for name in _OF_CRITERION:
            count = _plain(getattr(one, name))
            yield "criterion", one.criterion.id, one.criterion.label, name, count
    titles = {section.id: section.title for section in trial.sections}
    for order in found.orders:
        label = "; ".join(titles[name] for name in order.sections)
        yield "order_first", " ".join(order.sections), label, "settled", _plain(order.settled)
    for element in found.missing:
        label = trial.elements[element.name].label
        yield "missing", element.name, label, "patients", _plain(element.patients)
        yield "missing", element.name, label, "alone", _plain(element.alone)


def _plain(count: Count) -> int | str:
    return count.text if isinstance(count, Hidden) else count


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
