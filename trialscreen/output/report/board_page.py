"""The board of the dose cohorts: places, who holds them, whether the next may be dosed."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from trialscreen.log.board import Board, CohortBoard
from trialscreen.output.report.entry_page import NOT_REGISTERED, terms_words
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.render import blocks
from trialscreen.text.characters import count_of, some


class HeldPlace(NamedTuple):
    """Who holds a place, since when; and when that participant withdrew after the dose."""

    subject: str
    enrolled_on: date
    withdrawn_on: date | None


def board_listing(board: Board) -> Listing:
    """A row per dose cohort, as registered and as decided."""
    columns: Columns[CohortBoard] = {
        "dose_cohort": lambda one: one.name,
        "state": lambda one: one.terms.state,
        "since": lambda one: one.terms.since,
        "by": lambda one: one.terms.by or None,
        "places": lambda one: one.terms.places,
        "free": lambda one: one.free,
        "sentinel_days": lambda one: one.terms.sentinel_days,
        "observation_days": lambda one: one.terms.observation_days,
        "holders": lambda one: tuple(_held(one)),
        "next_may_be_dosed": lambda one: not one.obstacles,
        "next_on": lambda one: one.next_on,
        "why_not": lambda one: [each.why for each in one.obstacles],
    }
    return listed(
        columns, board.cohorts, {"holders": lambda held: "; ".join(map(_holder_words, held))}
    )


def _held(one: CohortBoard) -> Iterator[HeldPlace]:
    for each in one.holders:
        withdrawn = None if each.withdrawn is None else each.withdrawn.on
        yield HeldPlace(each.enrolled.subject, each.enrolled.on, withdrawn)


def _holder_words(one: HeldPlace) -> str:
    withdrawn = "" if one.withdrawn_on is None else f", withdrawn {one.withdrawn_on}"
    return f"{one.subject} {one.enrolled_on}{withdrawn}"


def board_data(board: Board) -> dict[str, Any]:
    """The board as plain data, for JSON."""
    return {
        "on": board.on.isoformat(),
        "enrolled": board.enrolled,
        "enrollment": board.enrollment,
        "cohorts": board_listing(board).data(),
        "undecided": [one.subject for one in board.undecided],
        "note": NOT_REGISTERED,
    }


def board_page(board: Board) -> blocks.Page:
    """The board: a row per dose cohort, and who is eligible and waits for a decision."""
    of = "" if board.enrollment is None else f" of {board.enrollment}"
    return (
        blocks.Banner(
            f"{board.enrolled}{of} participants enrolled on {board.on}", _undecided(board), "plain"
        ),
        *cohorts_table(board),
        blocks.Paragraph(NOT_REGISTERED, "muted"),
        blocks.Paragraph("The board proposes no dose and assigns nobody.", "muted"),
    )


def _undecided(board: Board) -> str:
    if not board.undecided:
        return "Nobody who was found eligible waits for a decision"
    names = some([one.subject for one in board.undecided], MOST_NAMES)
    return f"Found eligible, and not decided: {names}"


MOST_NAMES = 12
"""Subjects named on the page; the data hold them all."""


def cohorts_table(board: Board) -> Iterator[blocks.Block]:
    """Each dose cohort with its terms, its places and what of the next dose."""
    if board.cohorts:
        yield blocks.table(
            ("Dose cohort", "As decided", "Places", "Next"),
            map(_row, board.cohorts),
            (2, 2, 2, 3),
        )


def _row(one: CohortBoard) -> tuple[blocks.Cell, ...]:
    terms = one.terms
    said = [
        f"{terms.state} since {terms.since}, {terms.by}" if terms.state else "nothing decided yet"
    ]
    said += terms_words(None, terms.sentinel_days, terms.observation_days)
    held = list(map(_holder_words, _held(one)))
    places = "places not decided" if terms.places is None else count_of(terms.places, "place")
    free = "" if one.free is None else f", {one.free} free"
    return blocks.row(one.name, "\n".join(said), "\n".join((places + free, *held)), _next(one))


def _next(one: CohortBoard) -> blocks.Cell:
    if one.terms.state == "completed":
        return blocks.Cell("no more doses")
    if not one.obstacles:
        return blocks.Cell("next dose may be given", "good")
    on = "no next dose now" if one.next_on is None else f"next dose from {one.next_on}"
    return blocks.Cell("\n".join((on, *(each.why for each in one.obstacles))))
