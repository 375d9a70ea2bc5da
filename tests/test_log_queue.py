"""The queue: who waits for what, case by case (`data/queue.yaml`), and as a calendar."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import icalendar
import pytest
import yaml

from tests.deciding import ELIGIBLE, add, entry_of_case
from tests.logs import CONSENT, TRIAL, begun, screened
from tests.process import run
from trialscreen.log.entry import ScreeningEntry
from trialscreen.log.follow_up import Waiting, due, queue
from trialscreen.output.report.log_lists import due_listing, queue_listing, wait_words

CASES = yaml.load(Path("tests/data/queue.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
ON = date(2026, 6, 1)


def waiting(case: dict[str, Any], path: Path) -> list[Waiting]:
    """Who waits in a log of one subject, screened on ON."""
    begin = ELIGIBLE if case.get("from") == "eligible" else CONSENT
    given = {name: str(value) for name, value in case["given"].items()}
    with begun(path) as log:
        add(log, screened("S-1", {**begin, **given}, ON))
        if decided := case.get("decided"):
            add(log, entry_of_case(decided))

        def full(entry: ScreeningEntry) -> ScreeningEntry:
            found = log.entry(entry.number)
            assert isinstance(found, ScreeningEntry)
            return found

        return queue(TRIAL, log.every(details=False), case.get("asked", ON), full)


@pytest.mark.parametrize("case", CASES, ids=[one["case"] for one in CASES])
def test_who_waits_for_what(tmp_path: Path, case: dict[str, Any]) -> None:
    found = waiting(case, tmp_path / "site.log")
    words = [wait_words(each) for one in found for each in one.waits]
    expected = case.get("waits", [])
    assert len(words) == len(expected), words
    for told, wanted in zip(words, expected, strict=True):
        assert told.startswith(wanted)
    if expected:
        [row] = queue_listing(found, case.get("asked", ON)).data()
        assert (row["next_date"], row["days"]) == (
            None if "next" not in case else str(case["next"]),
            case.get("days"),
        )
        assert row["since"] == str(case.get("since", row["since"]))
    listed = due_listing(due(one.entry for one in found), case.get("asked", ON)).data()
    assert [(one["due"], one["in_days"]) for one in listed] == [
        (str(case["next"]), case["days"]) for what in expected if what.startswith("washout")
    ]


@pytest.mark.parametrize(
    ("decided", "day", "is_due"),
    [
        ({}, ON, True),
        ({"declined": "S-1"}, ON, False),
        ({"screen-failure": "S-1"}, ON, True),
        ({"declined": "S-1"}, date(2026, 5, 31), True),  # she is screened again since
    ],
)
def test_who_has_declined_is_not_due_and_a_screen_failure_is(
    tmp_path: Path, decided: dict[str, str], day: date, is_due: bool
) -> None:
    washout = {"pth_analog_use": "yes", "pth_analog_last_dose_date": "2026-03-10"}
    path = tmp_path / "site.log"
    with begun(path) as log:
        add(log, screened("S-1", {**CONSENT, **washout}, day))
        if decided:
            add(log, entry_of_case({**decided, "day": day, "reason": "a test"}))
        if day != ON:
            add(log, screened("S-1", {**CONSENT, **washout}, ON))
    listed = json.loads(run("log", "due", path, "--format", "json").out)
    assert [one["subject"] for one in listed] == ["S-1"] * is_due


@pytest.mark.parametrize(
    ("decision", "waits"), [("declined", 1), ("withdrawn", 1), ("enrolled", 0)]
)
def test_who_was_turned_away_and_is_screened_again_waits_again(
    tmp_path: Path, decision: str, waits: int
) -> None:
    path = tmp_path / "site.log"
    waiting({"given": {}, "decided": {decision: "S-1", "day": ON, "reason": "a test"}}, path)
    with begun(path) as log:
        add(log, screened("S-1", {"informed_consent_signed": "no"}, date(2026, 6, 2)))
        every = list(log.every())
    found = queue(TRIAL, every, date(2026, 6, 2), lambda entry: entry)
    assert [each.what for one in found for each in one.waits] == ["consent"] * waits


def test_a_screening_of_an_earlier_day_asks_for_no_new_decision(tmp_path: Path) -> None:
    path = tmp_path / "site.log"
    waiting({"given": {}, "decided": {"declined": "S-1", "day": date(2026, 6, 5)}}, path)
    with begun(path) as log:
        add(log, screened("S-1", {"informed_consent_signed": "no"}, date(2026, 6, 3)))
        assert queue(TRIAL, log.every(), date(2026, 6, 5), lambda entry: entry) == []


@pytest.mark.parametrize("taken_back", [ON, date(2026, 11, 30)])
def test_who_was_not_decided_after_all_waits_again(tmp_path: Path, taken_back: date) -> None:
    """On the day that is asked for too, though it was taken back later."""
    path = tmp_path / "site.log"
    declined = {"declined": "S-1", "day": ON}
    unsigned = {"informed_consent_signed": "no"}
    assert waiting({"given": unsigned, "decided": declined}, path) == []
    with begun(path) as log:
        add(log, entry_of_case({"none": "S-1", "day": taken_back, "corrects": 2}))
        [one] = queue(TRIAL, log.every(), ON, lambda entry: entry)
    assert one.entry.number == 1


def test_a_wait_that_goes_on_is_as_old_as_its_beginning(tmp_path: Path) -> None:
    """Screened again unsigned, with another answer: since the first of these screenings."""
    path = tmp_path / "site.log"
    days = {2: "no", 3: "yes", 4: "no", 6: "no", 9: "no"}
    with begun(path) as log:
        for day, signed in days.items():
            add(log, screened("S-1", {"informed_consent_signed": signed}, date(2026, 6, day)))
            add(log, screened("S-2", {"informed_consent_signed": "no"}, date(2026, 6, 20 - day)))
        every = list(log.every())
    found = queue(TRIAL, every, date(2026, 6, 30), lambda entry: entry)
    told = {one.entry.subject: [(each.what, each.since.day) for each in one.waits] for one in found}
    assert told == {"S-1": [("consent", 4)], "S-2": [("consent", 11)]}


def test_the_next_due_comes_first_in_every_form(tmp_path: Path) -> None:
    path = tmp_path / "site.log"
    with begun(path) as log:
        add(log, screened("S-1", {"informed_consent_signed": "no"}, ON))
        for subject, month in (("S-2", "04"), ("S-3", "03")):
            washout = {"pth_analog_use": "yes", "pth_analog_last_dose_date": f"2026-{month}-10"}
            add(log, screened(subject, {**CONSENT, **washout}, ON))
    todo = ("log", "todo", path, "--on", "2026-09-15", "--format")
    data = json.loads(run(*todo, "json").out)
    assert [(one["subject"], one["days"]) for one in data] == [
        ("S-3", -4),
        ("S-2", 26),
        ("S-1", None),
    ]
    rows = run(*todo, "csv").out.splitlines()
    assert [row.split(",")[0] for row in rows] == ["subject", "S-3", "S-2", "S-1"]
    table = run(*todo, "table").out
    assert table.index("S-3") < table.index("S-2") < table.index("S-1")
    assert "2026-10-11" in table


def test_a_calendar_holds_an_event_for_each_date_and_a_task_for_the_others(tmp_path: Path) -> None:
    path = tmp_path / "site.log"
    with begun(path) as log:
        add(log, screened("S-1", {"informed_consent_signed": "no"}, ON))
        washout = {"pth_analog_use": "yes", "pth_analog_last_dose_date": "2026-03-10"}
        add(log, screened("S-2", {**CONSENT, **washout}, ON))
    todo = ("log", "todo", path, "--format", "ics", "--on")
    text = run(*todo, "2026-06-01").out
    calendar = icalendar.Calendar.from_ical(text)
    event, task = calendar.subcomponents
    assert (event.name, str(event["SUMMARY"])) == ("VEVENT", "S-2: washout")
    assert event.decoded("DTSTART") == date(2026, 9, 11)
    assert event.decoded("DTEND") == date(2026, 9, 12)
    assert (task.name, str(task["SUMMARY"])) == ("VTODO", "S-1: consent")
    assert event["UID"] != task["UID"]
    assert run(*todo, "2026-06-05").out == text  # so that a calendar replaces what it holds
