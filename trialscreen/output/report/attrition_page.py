"""Attrition of a cohort (flow diagram, counts, what to order first) as a page, JSON or rows."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from trialscreen.model.trial import Trial
from trialscreen.output.report.listing import Listing
from trialscreen.output.report.render import blocks, html, markdown
from trialscreen.output.report.verdict_words import AID, criteria_file, head
from trialscreen.tables.attrition.counts import Attrition, Count, CriterionCounts, Hidden
from trialscreen.tables.attrition.disclosure import least_shown


class Cohort(NamedTuple):
    """One cohort, counted. `on`: the screening date of all who have none of their own.

    `own_days`: whether some have one; if all have, `on` is None. `small`: the base of the
    disclosure control that `attrition` has passed, if any.
    """

    trial: Trial
    on: date | None
    attrition: Attrition
    small: int | None = None
    own_days: bool = False

    @property
    def sections(self) -> dict[str, str]:
        """The titles of the groups of data, by id."""
        return {section.id: section.title for section in self.trial.sections}


MOST_MISSING = 15
"""Elements listed on a page; JSON and CSV hold them all."""


def attrition_page(cohort: Cohort) -> blocks.Page:
    """The counts of a cohort."""
    trial, found = cohort.trial, cohort.attrition
    yield blocks.Heading(f"Attrition for {trial.registration.nct_id}", 1)
    yield blocks.Paragraph(trial.registration.title)
    yield blocks.Banner(
        f"{show_count(found.eligible)} eligible of {show_count(found.assessed)} assessed",
        f"The recruitment list: consent pending {show_count(found.consent_pending)}, only the"
        f" investigator's judgement open {show_count(found.judgement_only)}. Data missing:"
        f" {show_count(found.lacking_data)}."
        f" Excluded: {show_count(found.ineligible)}. Screened {_day(cohort)}.",
        "plain",
    )
    yield from flow(
        "Assessed",
        f"Excluded: {show_count(found.ineligible)}, each counted at the first criterion that"
        " certainly fails, in protocol order",
        ((_name(one), counted(one.stopped, found.assessed, "bad")) for one in found.criteria),
        found,
    )
    yield from _criteria(found)
    yield from _order(cohort)
    yield from _missing(cohort)
    if cohort.small is not None:
        least = least_shown(cohort.small)
        yield blocks.Paragraph(
            f"Counts from 1 to {least - 1} are shown as <{least}, all others are rounded to the"
            f" nearest multiple of {cohort.small}: totals can differ from the sum of their parts."
            f" If fewer than {least} were assessed, all other counts are hidden.",
            "muted",
        )
    yield blocks.Paragraph(f"{criteria_file(trial)}.", "muted")
    yield blocks.Paragraph(AID, "muted")


def _day(cohort: Cohort) -> str:
    everyone = f"on {cohort.on}"
    if not cohort.own_days:
        return everyone
    others = "" if cohort.on is None else f", or {everyone} where none is"
    return f"each on the day stated for them{others}"


def show_count(count: Count) -> str:
    return count.text if isinstance(count, Hidden) else f"{count:,}"


def counted(count: Count, of: Count, tone: blocks.Tone) -> blocks.Cell:
    """A count with a bar; a redacted one (disclosure control) is a text without a bar."""
    if isinstance(count, Hidden) or isinstance(of, Hidden):
        return blocks.Cell(show_count(count))
    return blocks.Cell(show_count(count), bar=(blocks.Share(count / max(of, 1), tone),))


def flow(
    name: str, excluded: str, leaving: Iterable[tuple[str, blocks.Cell]], found: Attrition
) -> Iterator[blocks.Block]:
    """The flow diagram from all assessed patients to the eligible; `excluded` labels who leaves."""
    waiting = {
        "Data are missing": found.lacking_data,
        "Consent is pending": found.consent_pending,
        "Only the investigator's judgement is open": found.judgement_only,
    }
    rows = ((why, counted(count, found.assessed, "open")) for why, count in waiting.items())
    yield blocks.Heading(f"From {name.lower()} to eligible")
    column = excluded.partition(":")[0]
    failing = blocks.counts(("Criterion", column), leaving)
    undetermined, why = blocks.counts(("Why", "Undetermined"), rows), "Undetermined, and why"
    stages = (
        blocks.Stage(
            name, show_count(found.assessed), "plain", excluded, failing if failing.rows else None
        ),
        blocks.Stage("Not excluded", show_count(found.remaining), "open", why, undetermined),
        blocks.Stage("Eligible", show_count(found.eligible), "good"),
    )
    yield blocks.Flow(stages)


def _criteria(found: Attrition) -> Iterator[blocks.Block]:
    yield blocks.Heading("What each criterion finds")
    yield blocks.Paragraph(
        "Met, not met and unknown are about the criterion's own statement: an exclusion that is"
        " met excludes. The bar shows who passes, is open, and fails, in this order."
    )
    outcomes = (
        (
            _name(one),
            show_count(one.met),
            show_count(one.not_met),
            show_count(one.unknown),
            _outcome(one),
        )
        for one in found.criteria
    )
    yield blocks.counts(("Criterion", "Met", "Not met", "Unknown", "Passes"), outcomes)
    yield blocks.Heading("What each criterion costs")
    yield blocks.items(
        (
            "Passed so far: certainly pass this criterion and all before it.",
            "Fails alone: certainly fail this criterion and no other.",
            "More without it: how many more would be eligible if it were left out.",
        )
    )
    costs = []
    for one in found.criteria:
        so_far = counted(one.passed_so_far, found.assessed, "good")
        costs.append((_name(one), show_count(one.failed_alone), show_count(one.gained), so_far))
    yield blocks.counts(("Criterion", "Fails alone", "More without it", "Passed so far"), costs)


def _name(one: CriterionCounts) -> str:
    return f"{one.criterion.id} {one.criterion.label}"


def _outcome(one: CriterionCounts) -> blocks.Cell:
    """The share that passes, with a bar of all three outcomes if none of them is redacted."""
    parts: dict[blocks.Tone, Count] = {"good": one.passed, "open": one.unknown, "bad": one.failed}
    shown = {tone: count for tone, count in parts.items() if isinstance(count, int)}
    total = max(sum(shown.values()), 1)
    if len(shown) < len(parts):
        return blocks.Cell("")
    bar = tuple(blocks.Share(count / total, tone) for tone, count in shown.items())
    return blocks.Cell(f"{shown['good'] / total:.0%}", bar=bar)


def _order(cohort: Cohort) -> Iterator[blocks.Block]:
    found, labels = cohort.attrition, cohort.sections
    if not found.orders:
        return
    yield blocks.Heading("Order these first")
    yield blocks.Paragraph(
        f"Undetermined because data are missing: {show_count(found.lacking_data)}. Each line adds"
        " a group of data, and counts the further patients for whom nothing is missing once"
        " that group is known too."
    )
    rows = (
        (str(n), ", ".join(labels[name] for name in one.sections), _settled(found, n))
        for n, one in enumerate(found.orders, start=1)
    )
    yield blocks.table(("", "Group of data", "Settled"), rows, (0, 1, 0), (2,))


def _settled(found: Attrition, n: int) -> blocks.Cell:
    """The n-th order; its bar starts where those of the previous orders end."""
    text, lacking = show_count(found.orders[n - 1].settled), found.lacking_data
    settled = [one.settled for one in found.orders if isinstance(one.settled, int)]
    if isinstance(lacking, Hidden) or len(settled) < len(found.orders):
        return blocks.Cell(text)
    # Rounded counts can add up to more than their rounded total.
    whole = max(lacking, sum(settled))
    before = blocks.Share(sum(settled[: n - 1]) / whole, "muted")
    return blocks.Cell(text, bar=(before, blocks.Share(settled[n - 1] / whole, "good")))


def _missing(cohort: Cohort) -> Iterator[blocks.Block]:
    found, trial = cohort.attrition, cohort.trial
    if not found.missing:
        return
    yield blocks.Heading("Data most often missing")
    listed, more = found.missing[:MOST_MISSING], len(found.missing) - MOST_MISSING
    yield blocks.Paragraph(
        "Among those who are undetermined because data are missing"
        + (f"; {more} more data elements are listed in JSON and CSV." if more > 0 else ".")
    )
    rows = []
    for one in listed:
        label, section = trial.elements[one.name].label, cohort.sections[one.section]
        patients = counted(one.patients, found.lacking_data, "open")
        rows.append((label, section, show_count(one.alone), patients))
    columns = ("Data element", "Group of data", "Nothing else", "Missing")
    yield blocks.table(columns, rows, (3, 2, 0, 0), (2, 3))


_GROUPS = tuple(one for one in Attrition._fields[:7] if one != "remaining")
_OF_CRITERION = CriterionCounts._fields[1:]


def attrition_data(cohort: Cohort, tool_version: str) -> dict[str, Any]:
    """The JSON object of `--attrition FILE.json`; a redacted count is a string."""
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
    """A row for every count, named as in the JSON object."""
    data = attrition_data(cohort, "")
    rows: list[tuple[object, ...]]
    rows = [("cohort", "", "", name, data[name]) for name in _GROUPS]
    for one in data["criteria"]:
        rows += [("criterion", one["id"], one["label"], name, one[name]) for name in _OF_CRITERION]
    for one in data["order_first"]:
        ids, titles = zip(*(each.values() for each in one["sections"]), strict=True)
        rows += [("order_first", " ".join(ids), "; ".join(titles), "settled", one["settled"])]
    for one in data["missing"]:
        named = (one["element"], one["label"])
        rows += [("missing", *named, name, one[name]) for name in ("patients", "alone")]
    return Listing(("about", "id", "label", "measure", "patients"), rows)


def _plain(count: Count) -> int | str:
    return count.text if isinstance(count, Hidden) else count


ENDINGS = (".html", ".json", ".csv", ".md")


def attrition_text(cohort: Cohort, ending: str, tool_version: str) -> str:
    """The contents of an attrition file, by its extension (one of `ENDINGS`)."""
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
