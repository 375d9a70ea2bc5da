"""The page of a log: each subject counted once, corrections shown, every sum right."""

from datetime import date, timedelta

import pytest

from tests.deciding import enrolled, state
from tests.reports import entry, log, patient
from trialscreen import load_trial
from trialscreen.log.entry import Correction, Kept, ScreeningEntry, current, latest
from trialscreen.output.report.log_page import LogReport, Reason, counts_of, log_page, reasons_of
from trialscreen.output.report.render import plain
from trialscreen.tables.attrition.counts import Attrition

IDS = [one.id for one in load_trial().criteria]
ELIGIBLE, WASHOUT, LAB, OPEN = (
    patient(name).screening
    for name in ("eligible", "ineligible_washout", "ineligible_lab", "undetermined")
)


def changed(
    one: ScreeningEntry, on: date | None = None, corrects: int | None = None
) -> ScreeningEntry:
    if on is not None:
        one = one._replace(on=on)
    if corrects is not None:
        one = one._replace(corrects=Correction(corrects, "Wrong unit."))
    return one


def counts(*entries: ScreeningEntry) -> Attrition:
    return counts_of(load_trial(), latest(entries).values())


def shown(*entries: Kept) -> str:
    told = LogReport(load_trial(), entries, "Verified: unbroken.")
    return " ".join(plain.render(log_page(told)).split())


def test_a_subject_counts_by_the_latest_screening() -> None:
    first, second = entry(WASHOUT, "S-1", 1), entry(ELIGIBLE, "S-1", 2)
    later = ELIGIBLE.on + timedelta(180)
    assert counts(first, changed(second, on=later)).eligible == 1
    assert counts(changed(first, on=later), second).eligible == 0
    assert counts(first, second).eligible == 1  # on the same day: the one recorded last


def test_a_corrected_entry_does_not_count() -> None:
    wrong, right = entry(LAB, "S-1", 1), changed(entry(ELIGIBLE, "S-1", 2), corrects=1)
    again = changed(entry(OPEN, "S-1", 3), corrects=2)
    assert current([wrong, right]) == [right]
    assert current([wrong, right, again]) == [again]
    assert counts(wrong, right).eligible == 1
    assert counts(wrong, right, again).lacking_data == 1


def test_reasons_count_who_fails_alone_and_first_in_protocol_order() -> None:
    both = entry(LAB, "S-1", 1)
    outcome = both.outcome._replace(failed=("E8", "E13", "X9"))
    both = both._replace(outcome=outcome)
    screened = (both, entry(WASHOUT, "S-2", 2), entry(ELIGIBLE, "S-3", 3))
    found, reasons = counts(*screened), list(reasons_of(screened, IDS))
    assert reasons == [Reason("E8", 2, 1, 2), Reason("E13", 1, 0, 0), Reason("X9", 1, 0, 0)]
    assert (found.assessed, found.ineligible, found.remaining) == (3, 2, 1)


@pytest.mark.parametrize("subjects", [0, 1, 7, 60])
def test_the_counts_add_up(subjects: int) -> None:
    entries = log(subjects).screenings
    found = counts(*entries)
    assert found.assessed == subjects
    undetermined = (found.lacking_data, found.consent_pending, found.judgement_only)
    parts = (found.eligible, found.ineligible, *undetermined)
    assert sum(one for one in parts if isinstance(one, int)) == subjects
    newest = latest(entries).values()
    assert sum(one.first for one in reasons_of(newest, IDS)) == found.ineligible
    if subjects:
        before = sum(one.stage == "before consent" for one in newest)
        assert f"Before consent: {before} subject" in shown(*entries)


def test_the_page_lists_every_subject_once_and_every_correction() -> None:
    report = log(60)
    text = " ".join(plain.render(log_page(report)).split())
    for code in {one.subject for one in report.screenings}:
        assert text.count(f"{code} Last screened: ") == 1
    corrections = [one for one in report.entries if one.corrects is not None]
    assert corrections
    assert text.count("Reason: Calcium was typed in the wrong unit.") == len(corrections)
    assert report.seals in text


def test_a_line_tells_what_is_to_be_known_of_a_subject() -> None:
    text = shown(entry(WASHOUT, "S-1", 1), entry(OPEN, "S-2", 2))
    assert (
        "S-1 Last screened: 2026-06-01 Verdict: ✗ ineligible Fails: E8 Clears on: 2026-11-19"
        " By: JW Entry: 1 Screenings: 1"
    ) in text
    assert "S-2 Last screened: 2026-06-01 Verdict: ? undetermined data missing, before" in text
    assert "0 eligible of 2 screened" in text
    assert "Verified: unbroken." in text


def test_an_empty_log_has_a_page() -> None:
    text = shown()
    assert "0 eligible of 0 screened" in text
    assert "Nobody has been screened yet." in text
    assert "Reasons for screen failure" not in text


def test_the_page_tells_who_was_enrolled_who_left_and_of_the_dose_cohorts() -> None:
    on, low = ELIGIBLE.on, load_trial().registration.dose_cohorts[0].name
    made = enrolled("S-1", low, on)._replace(number=4, by="JW", despite=("no place is free",))
    left = made._replace(subject="S-2", decision="declined", dose_cohort=None, number=5)
    wrong = left._replace(subject="S-3", decision="withdrawn", number=6)
    right = wrong._replace(decision="none", number=7, corrects=Correction(6, "not she"))
    screenings = (entry(ELIGIBLE, f"S-{number}", number) for number in (1, 2, 3))
    cohort = state(low, on, 6)._replace(number=8)
    text = shown(*screenings, cohort, made, left, wrong, right)
    remarks = "Remarks: although no place is free"
    start = f"On: {on} "
    assert f"Enrolled S-1 {start}Dose cohort: {low} By: JW Entry: 4 {remarks}" in text
    assert f"S-2 {start}Decision: declined By: JW Entry: 5 {remarks}" in text
    assert "Decision: withdrawn" not in text  # it was corrected: nothing was decided
    assert f"Dose cohorts on {on}" in text and "Places: 6 places, 5 free S-1" in text
    assert "nothing of them is on the registry page" in text
    assert "enrolled By: JW Entry: 1 Screenings: 1" in text
    assert "Corrections 7 Corrects: 6" in text and "Reason: not she" in text
