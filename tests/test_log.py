"""What an entry holds, what it leaves out before consent, and how it is corrected."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.logs import CONSENT, NCT_ID, ON, TOOL, TRIAL, begun, filled, screened
from trialscreen import load_trial, screen
from trialscreen.answers.answer import Answer
from trialscreen.log.entry import Correction, ScreeningEntry, latest, recorded
from trialscreen.log.follow_up import due, rescreened
from trialscreen.log.seal import NO_SEAL, entry_of, sealed, texts
from trialscreen.log.store import open_log, open_or_begin
from trialscreen.model.errors import InputError
from trialscreen.model.evidence import Evidence
from trialscreen.output.report.entry_page import entry_page
from trialscreen.output.report.render import plain

WASHOUT = {**CONSENT, "pth_analog_use": "yes", "pth_analog_last_dose_date": "2026-09-15"}


def test_an_entry_comes_back_as_it_was_added(tmp_path: Path) -> None:
    path = tmp_path / "site.log"
    notes = {"note": "from the referral letter", "answered": "2026-11-01"}
    given = {
        **{name: Answer(text, "flag") for name, text in CONSENT.items()},
        "weight": Answer("38 kg", "file", notes=notes),
    }
    screening = screen(TRIAL, {name: one.text for name, one in given.items()}, ON)
    kept = recorded(screening, given, "S-014", "by telephone")
    with begun(path) as log:
        added = log.append(kept, "JW", TOOL)
    with open_log(path) as log:
        [found] = log.entries()
        assert log.entry(1) == found
        [short] = log.entries(details=False)
    assert found == added
    assert found == kept._replace(number=1, at=found.at, by="JW", tool=TOOL, seal=found.seal)
    assert found.answers["weight"] == Answer("38 kg", "file", notes=notes)
    assert short == found._replace(answers={}, findings=())
    by_id = {one.id: one for one in found.findings}
    assert [one.criterion.id for one in screening.findings] == list(by_id)
    assert by_id["I3"].passes is False
    assert "38" in " ".join(by_id["I3"].reasons)
    assert found.outcome.failed == ("I3",)
    assert (found.criteria.sha256, found.by) == (TRIAL.sha256, "JW")


@pytest.mark.parametrize("signed", ["no", "unknown", None])
def test_before_consent_an_entry_holds_the_minimum(signed: str | None) -> None:
    answers = {"weight": "38.625", "menopause_type": "natural"}
    if signed is not None:
        answers["informed_consent_signed"] = signed
    kept = screened("S-1", answers)
    assert (kept.subject, kept.on, kept.outcome.failed) == ("S-1", ON, ("I3",))
    assert (kept.answers, kept.findings, kept.outcome.clears_on) == ({}, (), None)
    assert kept.outcome.open is None  # and not undetermined for want of a signature
    head, detail = texts(entry_of_now(kept))
    assert "natural" not in head + detail
    assert "38.625" not in head + detail  # no time of day looks like that


def test_before_consent_the_day_on_which_a_criterion_clears_is_kept() -> None:
    unsigned = {**WASHOUT, "informed_consent_signed": "no"}
    kept = entry_of_now(screened("S-1", unsigned))
    assert (kept.stage, kept.outcome.failed) == ("before consent", ("E8",))
    assert [(one.day, one.entry.subject) for one in due([kept])] == [(date(2027, 3, 16), "S-1")]
    assert "pth" not in "".join(texts(kept))


def test_before_consent_nothing_excludes_without_a_reason() -> None:
    kept = screened("S-1", {"willing_to_participate": "yes", "informed_consent_signed": "no"})
    assert (kept.outcome.verdict, kept.outcome.failed) == ("undetermined", ())


def test_the_log_says_what_rests_on_an_unconfirmed_reading() -> None:
    kept = entry_of_now(screened("S-1", {**CONSENT, "neurological_disorder_history": "yes"}))
    assert kept.outcome.unconfirmed == ("A19",)
    assert {one.id: one.unconfirmed for one in kept.findings if one.unconfirmed} == {
        "E12": ("A19",)
    }
    page = plain.render(entry_page(kept))
    assert "ineligible on an unconfirmed reading (A19)" in page
    assert "on reading A19 (not confirmed by the sponsor)" in page


def test_an_entry_of_before_readings_were_kept_is_read_as_it_is() -> None:
    kept = screened("S-1", {**CONSENT, "neurological_disorder_history": "yes"})
    head, detail = map(json.loads, texts(kept._replace(at=datetime.now(UTC), by="JW", tool=TOOL)))
    for part in (head, *detail["found"]):
        del part["unconfirmed"]
    del head["awaited"], head["stale"]
    found = entry_of(sealed(1, NO_SEAL, None, json.dumps(head), json.dumps(detail)))
    assert isinstance(found, ScreeningEntry)
    assert (found.outcome.failed, found.outcome.unconfirmed) == (("E12",), ())
    assert {one.unconfirmed for one in found.findings} == {()}


def entry_of_now(kept: ScreeningEntry) -> ScreeningEntry:
    head, detail = texts(kept._replace(at=datetime.now(UTC), by="JW", tool=TOOL))
    found = entry_of(sealed(1, "0" * 64, None, head, detail))
    assert isinstance(found, ScreeningEntry)
    return found


def test_a_note_that_leads_to_a_person_is_refused() -> None:
    given = {**{name: Answer(text, "flag") for name, text in CONSENT.items()}}
    given["weight"] = Answer("50", "file", notes={"note": "told by jane@example.org"})
    screening = screen(TRIAL, {name: one.text for name, one in given.items()}, ON)
    with pytest.raises(InputError) as error:
        recorded(screening, given, "S-1")
    assert "weight note" in str(error.value.problems[0])


def test_a_note_of_what_was_set_aside_is_checked_where_it_is_no_answer() -> None:
    answers = {**CONSENT, "weight": "50"}
    given = {name: Answer(text, "flag") for name, text in answers.items()}
    given["weight"] = Answer("50", "file", notes={"set_aside": "call 185 6561 6060"})
    with pytest.raises(InputError) as error:
        recorded(screen(TRIAL, answers, ON), given, "S-1")
    assert "weight set_aside" in str(error.value.problems[0])


# Corrections.


@pytest.mark.parametrize(
    ("subject", "of", "told"),
    [
        ("S-2", 9, "there is no entry 9"),
        ("S-1", 2, "entry 2 is for S-2, not for S-1"),
        ("S-2", 0, "there is no entry 0"),
        ("S-2", 3, "entry 3 was corrected by entry 4"),
    ],
)
def test_a_wrong_correction_is_refused(tmp_path: Path, subject: str, of: int, told: str) -> None:
    with begun(filled(tmp_path / "site.log", 2)) as log:
        log.append(screened("S-2"), "JW", TOOL)
        log.append(screened("S-2", corrects=Correction(3, "misread")), "JW", TOOL)
        with pytest.raises(InputError) as error:
            log.append(screened(subject, corrects=Correction(of, "misread")), "JW", TOOL)
        assert told in str(error.value.problems[0])
        assert len(list(log.entries())) == 4


def test_another_trial_has_another_log(tmp_path: Path) -> None:
    with (
        open_or_begin(tmp_path / "site.log", "NCT00000000", TOOL) as log,
        pytest.raises(InputError) as error,
    ):
        log.append(screened("S-1"), "JW", TOOL)
    assert str(error.value.problems[0]).endswith(f"is the log of NCT00000000, not of {NCT_ID}")


def test_the_last_screening_counts_and_a_corrected_one_does_not() -> None:
    entries = [
        *(entry(1, "S-1", {"weight": "38"}), entry(2, "S-2", {"weight": "38"})),
        *(entry(3, "S-1", {"weight": "50"}, corrects=1), entry(4, "S-2", {"weight": "50"})),
        entry(5, "S-2", {"weight": "39"}, on=date(2026, 10, 1)),  # entered late
    ]
    found = latest(entries)
    assert {subject: one.number for subject, one in found.items()} == {"S-2": 4, "S-1": 3}


def entry(
    number: int,
    subject: str,
    answers: Mapping[str, str],
    on: date = ON,
    corrects: int | None = None,
) -> ScreeningEntry:
    correction = None if corrects is None else Correction(corrects, "misread")
    kept = screened(subject, {**CONSENT, **answers}, on, corrects=correction)
    return entry_of_now(kept)._replace(number=number)


# Later days.


def test_who_is_due_is_told_by_day() -> None:
    entries = [
        *(entry(1, "S-1", WASHOUT), entry(2, "S-2", {"weight": "38"})),
        entry(3, "S-3", {**WASHOUT, "pth_analog_last_dose_date": "2026-07"}),
    ]
    assert [(one.day, one.entry.subject) for one in due(entries)] == [
        (date(2027, 2, 1), "S-3"),
        (date(2027, 3, 16), "S-1"),
    ]


def test_a_washout_that_ended_flips_by_the_date() -> None:
    before = rescreened(TRIAL, entry(1, "S-1", WASHOUT), date(2027, 3, 15))
    assert not before.is_changed
    again = rescreened(TRIAL, entry(1, "S-1", WASHOUT), date(2027, 3, 16))
    assert again.is_changed
    assert again.now is not None
    assert (again.now.verdict, again.now.open) == ("undetermined", "data")
    assert [(one.id, one.was, one.now, one.cause) for one in again.flips] == [
        ("E8", False, None, "date")
    ]


def test_an_amendment_flips_by_the_criteria(tmp_path: Path) -> None:
    text = Path("criteria.yaml").read_text(encoding="utf-8")
    assert text.count("weight: {at_least: 40}") == 1
    amended = tmp_path / "amended.yaml"
    amended.write_text(text.replace("weight: {at_least: 40}", "weight: {at_least: 45}"))
    again = rescreened(
        load_trial(str(amended)), entry(1, "S-1", {"weight": "42"}), date(2027, 3, 16)
    )
    assert again.now is not None
    assert again.now.failed == ("I3",)
    assert [(one.id, one.was, one.now, one.cause) for one in again.flips] == [
        ("I3", None, False, "criteria")
    ]


def test_removed_criteria_are_told_in_the_order_of_the_entry() -> None:
    kept = entry(1, "S-1", {"weight": "42"})
    removed = tuple(kept.findings[0]._replace(id=f"X{n}") for n in range(9, 0, -1))
    again = rescreened(TRIAL, kept._replace(findings=(*kept.findings, *removed)), kept.on)
    gone = [one.id for one in again.flips if one.cause == "removed"]
    assert gone == [one.id for one in removed]


def test_what_follows_from_dates_is_not_held_against_a_later_day() -> None:
    """Entered as within two years, and so it was; two years later it is not, and no conflict."""
    answers = {
        "last_fragility_fracture_date": "2025-01-10",
        "fragility_fracture_last_2_years": "yes",
    }
    again = rescreened(TRIAL, entry(1, "S-1", answers), date(2028, 1, 1))
    assert again.problems == ()
    assert again.now is not None


def test_values_that_are_too_old_by_then_are_told() -> None:
    """A value without a day is of the screening date at the latest."""
    given = {"tsh": "3.1 on 2026-10-20", "alt": "20", "total_hip_t_score": "-2 on 2026-05-01"}
    kept = entry(1, "S-1", given)
    assert (kept.stale, kept.answers["tsh"].date) == ((), "2026-10-20")
    again = rescreened(TRIAL, kept, date(2026, 11, 17))
    assert not again.is_outdated
    again = rescreened(TRIAL, kept, date(2026, 11, 18))
    assert [(one.element, one.day) for one in again.stale] == [("tsh", "2026-10-20")]
    assert again.is_outdated
    assert not again.is_changed
    again = rescreened(TRIAL, kept, date(2027, 6, 1))
    assert [(one.element, one.day) for one in again.stale] == [
        ("total_hip_t_score", "2026-05-01"),
        ("tsh", "2026-10-20"),
        ("alt", f"{ON} or earlier"),
    ]
    fails = rescreened(TRIAL, entry(1, "S-1", {"weight": "38", **given}), date(2027, 6, 1))
    assert not fails.is_outdated


@pytest.mark.parametrize(("name", "is_told"), [("height", True), ("hbv_dna", False)])
def test_an_answer_that_is_not_read_any_more_is_told_where_it_decided(
    name: str, is_told: bool
) -> None:
    """As 1.000, which was read as 1; E10 was open without it."""
    kept = entry(1, "S-1", {"weight": "60", "height": "160", "hbv_dna": "1"})
    answers = {**kept.answers, name: Answer("1.000", "file")}
    again = rescreened(TRIAL, kept._replace(answers=answers), ON)
    assert (len(again.problems), again.is_changed, again.to_be_told) == (1, False, is_told)


def test_days_that_other_criteria_do_not_know_are_no_problem(tmp_path: Path) -> None:
    text = Path("criteria.yaml").read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("    valid_for: 28 days\n", ""), "utf-8")
    kept = entry(1, "S-1", {"tsh": "3.1 on 2026-10-20", "total_hip_t_score": "-2 on 2024"})
    again = rescreened(load_trial(str(other)), kept, date(2027, 1, 1))
    assert again.problems == ()
    assert [one.element for one in again.stale] == ["total_hip_t_score"]


def test_an_entry_keeps_what_is_stale_and_what_is_awaited(tmp_path: Path) -> None:
    given = {"tsh": "3.1 on 2026-09-01", "alt": "pending since 2026-10-30 from the night lab"}
    with begun(tmp_path / "site.log") as log:
        log.append(screened("S-1", {**CONSENT, **given}), "JW", TOOL)
        log.append(screened("S-2", {**given, "ast": "pending"}), "JW", TOOL)
        full, least = log.entries()
    assert isinstance(full, ScreeningEntry)
    assert isinstance(least, ScreeningEntry)
    assert [tuple(one) for one in full.stale] == [("tsh", "2026-09-01", "28 days")]
    assert [tuple(one) for one in full.awaited] == [("alt", date(2026, 10, 30), "the night lab")]
    assert full.answers["alt"].is_pending
    assert (least.answers, least.stale) == ({}, ())
    assert [tuple(one) for one in least.awaited] == [("", date(2026, 10, 30), "laboratory")]
    assert "night" not in "".join(texts(least))


EVIDENCE = (
    Evidence("fact", "tsh", "3.1", "u[IU]/mL", "2026-09-01", "3016-3", "loinc", "Observation/12"),
    Evidence("fact", "sex", "female", source="Patient/0123456789"),
    Evidence("candidate", "paget_disease_of_bone", "yes", "", "", "M88", "icd10", "Condition/3"),
)


def test_an_entry_keeps_what_the_record_said_and_not_the_number_of_the_patient(
    tmp_path: Path,
) -> None:
    with begun(tmp_path / "site.log") as log:
        for subject, given in (("S-1", CONSENT), ("S-2", {"weight": "60"})):
            found = screen(TRIAL, given, ON)
            answers = {name: Answer(text, "record") for name, text in given.items()}
            kept = recorded(replace(found, evidence=EVIDENCE), answers, subject)
            log.append(kept, "JW", TOOL)
        full, least = log.entries()
    assert isinstance(full, ScreeningEntry)
    assert isinstance(least, ScreeningEntry)
    tsh, sex, paget = EVIDENCE
    assert full.evidence == (tsh, sex._replace(source="Patient"), paget)
    assert least.evidence == ()
    assert "Observation" not in "".join(texts(least))
    assert "0123456789" not in "".join(texts(full))


def test_places_in_a_record_are_no_numbers_of_persons_and_other_words_are() -> None:
    uuid = "Observation/7c0e6d3f-1234-4abc-9def-123456789012"
    notes = {"weight": f"70 kg in {uuid}", "sex": "female in Patient/0123456789"}
    answers = {
        **{n: Answer(t, "file") for n, t in CONSENT.items()},
        **{n: Answer(t.split(" in ")[0], "file", n, {"record": t}) for n, t in notes.items()},
        "cushing_syndrome": Answer("no", "flag", notes={"despite": uuid}),
    }
    found = screen(TRIAL, {n: one.text for n, one in answers.items()}, ON)
    words = Evidence("candidate", "weight", "call Mrs. Smith")
    kept = recorded(replace(found, evidence=(words,)), answers, "S-1")
    assert kept.answers["sex"].notes == {"record": "female in Patient"}
    assert kept.answers["weight"].notes == {"record": notes["weight"]}
    assert kept.answers["cushing_syndrome"].notes == {"despite": uuid}
    assert kept.evidence[0].value == ""
    for note in ("call 185 6561 6060", "Mrs. Smith"):
        answers["cushing_syndrome"] = Answer("no", "flag", notes={"despite": note})
        with pytest.raises(InputError, match="1 problem"):
            recorded(found, answers, "S-1")


def test_an_entry_of_before_days_were_kept_is_read() -> None:
    kept = screened("S-1", {**CONSENT, "weight": "38"})
    (head, detail), old = texts(kept), ',"awaited":[],"stale":[]}'
    assert head.endswith(old)
    row = sealed(1, NO_SEAL, None, f"{head.removesuffix(old)}}}", detail)
    assert entry_of(row) == kept._replace(number=1, seal=row.seal)


def test_minimal_entries_and_earlier_days_are_told() -> None:
    least = entry_of_now(screened("S-1", {"weight": "38"}))
    late = entry(2, "S-2", {"weight": "38"})
    told = [rescreened(TRIAL, one, date(2026, 1, 1)).problems[0] for one in (least, late)]
    assert told == ["no answers are kept before consent", f"was screened later than that, on {ON}"]
