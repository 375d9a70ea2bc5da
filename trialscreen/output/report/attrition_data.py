"""The counts of a cohort as JSON (`attrition.schema.json`), as rows, and as the text of a file."""

import json
from collections.abc import Iterator
from typing import Any

from trialscreen.output.report.about import AID, head
from trialscreen.output.report.attrition_page import Cohort, attrition_page
from trialscreen.output.report.listing import Listing
from trialscreen.output.report.render import html, markdown
from trialscreen.tables.attrition.counts import Count, CriterionCounts, Hidden

COLUMNS = ("about", "id", "label", "measure", "patients")
_GROUPS = (
    "assessed",
    "ineligible",
    "lacking_data",
    "consent_pending",
    "judgement_only",
    "eligible",
)
_OF_CRITERION = ("met", "not_met", "unknown", "failed_alone", "stopped", "passed_so_far", "gained")


def attrition_data(cohort: Cohort, tool_version: str) -> dict[str, Any]:
    """The object of `--attrition FILE.json`. A count that is not told is a text."""
    trial, found = cohort.trial, cohort.attrition
    titles = cohort.sections
    return {
        **head(trial, tool_version),
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
                "section": one.section,
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


def attrition_listing(cohort: Cohort) -> Listing:
    """A row for every count, under the names that it has in JSON."""
    return Listing(COLUMNS, list(_rows(cohort)))


def _rows(cohort: Cohort) -> Iterator[tuple[object, ...]]:
    trial, found = cohort.trial, cohort.attrition
    for name in _GROUPS:
        yield "cohort", "", "", name, _plain(getattr(found, name))
    for one in found.criteria:
        for name in _OF_CRITERION:
            count = _plain(getattr(one, name))
            yield "criterion", one.criterion.id, one.criterion.label, name, count
    for order in found.orders:
        label = "; ".join(cohort.sections[name] for name in order.sections)
        yield "order_first", " ".join(order.sections), label, "settled", _plain(order.settled)
    for element in found.missing:
        label = trial.elements[element.name].label
        yield "missing", element.name, label, "patients", _plain(element.patients)
        yield "missing", element.name, label, "alone", _plain(element.alone)


def _plain(count: Count) -> int | str:
    return count.text if isinstance(count, Hidden) else count


ENDINGS = (".html", ".json", ".csv", ".md")


def attrition_text(cohort: Cohort, ending: str, tool_version: str) -> str:
    """The text of a file whose name has one of the `ENDINGS`."""
    match ending:
        case ".json":
            data = attrition_data(cohort, tool_version)
            return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
        case ".csv":
            return attrition_listing(cohort).csv()
        case ".md":
            return markdown.render(attrition_page(cohort))
        case _:
            title = f"Attrition {cohort.trial.registration.nct_id}"
            return html.render(attrition_page(cohort), title)
