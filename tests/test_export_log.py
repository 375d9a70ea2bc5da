"""The screening log as a table."""

import csv
import io

from tests.deciding import enrolled, state
from tests.logged import ON, TRIAL, entry
from trialscreen.log.entry import Kept, ScreeningEntry, criteria_of
from trialscreen.output.export.screening_log import log_table, not_in_log_table
from trialscreen.text import csvtext


def table(*entries: Kept) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csvtext.render(*log_table(TRIAL, entries)))))


def test_a_failure_has_its_ids_and_its_words() -> None:
    (row,) = table(entry(1, "S-001", ("I3", "E5")))
    assert row["Subject"] == "S-001" and row["Consent recorded"] == "yes"
    assert row["Outcome"] == "ineligible" and row["Still open"] == ""
    assert row["Screen failure: criteria"] == "I3; E5"
    assert row["Screen failure: reasons"].startswith("I3: Body weight ≥40 kg, and body mass")
    assert row["Entered at (UTC)"] == "2026-06-01T09:30:01Z"
    assert row["Criteria file (SHA-256)"] == TRIAL.sha256 and len(row["Seal"]) == 64


def test_before_consent_nothing_but_the_minimum_stands() -> None:
    (row,) = table(entry(1, "S-001", ("I3",), consent=False))
    assert row["Consent recorded"] == "no" and row["Screen failure: criteria"] == "I3"


def test_no_text_of_another_criteria_file_is_used() -> None:
    other = criteria_of(TRIAL)._replace(sha256="0" * 64, version="1.0.0")
    kept, bare = table(
        entry(1, "S-001", ("I3",), criteria=other),
        entry(2, "S-002", ("X9",), criteria=other, consent=False),
    )
    assert kept["Screen failure: reasons"] == "I3: Weight ≥40 kg and BMI 18 to 30"
    assert bare["Screen failure: reasons"] == "X9"
    assert "(2 of 2)" in not_in_log_table(TRIAL, [entry(1, "a", criteria=other)] * 2)[-1]


def test_corrections_name_each_other() -> None:
    first, second = table(entry(1, "S-001", ("I3",)), entry(2, "S-001", ("E5",), corrects=1))
    assert (first["Corrected by entry"], second["Corrects entry"]) == ("2", "1")
    assert second["Reason for correction"] == "typing error"


def test_hostile_text_stays_text() -> None:
    (row,) = table(entry(1, "=cmd", note='@SUM(1)\u202e\x07<b>,"x"'))
    assert row["Subject"] == "'=cmd" and row["Note"] == '\'@SUM(1)<b>,"x"'


def test_a_decision_has_its_own_columns() -> None:
    decision = enrolled("S-001", "Low Dose Group", ON, "agreed")._replace(
        despite=("a", "b"), by="JW"
    )
    cohort = state("Low Dose Group", ON, places=6)._replace(reason="by letter")
    screening, row, other = table(entry(1, "S-001"), decision, cohort)
    assert (screening["Kind of entry"], screening["Decision"]) == ("screening", "")
    wanted = {"Subject": "S-001", "Decision": "enrolled", "Dose cohort": "Low Dose Group"}
    wanted |= {"Decided by": "JW", "Reason": "agreed", "Although": "a; b", "Outcome": ""}
    assert wanted.items() <= row.items()
    wanted = {"Kind of entry": "dose cohort state", "Decision": "open", "Places": "6"}
    assert (wanted | {"Subject": "", "Reason": "by letter"}).items() <= other.items()


def test_every_field_of_an_entry_has_a_column_or_a_line_that_says_it_has_none() -> None:
    assert len(ScreeningEntry._fields) == 17  # another one needs its column, or a line
    assert all(
        one in not_in_log_table(TRIAL, [])[0] for one in ("answers", "awaited", "too old", "record")
    )
