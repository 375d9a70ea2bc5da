"""TI and IE: their rows, what is refused, and the files as another program reads them."""

import csv
import io
import re
import struct
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.logged import TRIAL, entry
from trialscreen import InputError
from trialscreen.log.entry import criteria_of
from trialscreen.model.trial import Trial
from trialscreen.output.export.sdtm.datasets import (
    Dataset,
    criteria_not_met,
    not_in_criteria_not_met,
    not_in_trial_criteria,
    replaced,
    to_ascii,
    trial_criteria,
)
from trialscreen.output.export.sdtm.xpt import write_xpt
from trialscreen.text import csvtext

MADE = datetime(2026, 6, 1, 9, 30, 5)  # noqa: DTZ001 - the format has no zone
FAILED = [
    entry(1, "S-002", ("I3", "E5")),
    entry(2, "S-001", ("E8",)),
    entry(3, "S-003"),
    entry(4, "S-004", ("E8",), consent=False),
    entry(5, "S-005", ("I1",), consent=False),  # as it was logged while unsigned was failed
]


def with_text(*texts: str, ids: tuple[str, ...] = ()) -> Trial:
    first = TRIAL.criteria[0]
    names = ids or tuple(f"I{n}" for n in range(len(texts)))
    return replace(
        TRIAL,
        criteria=tuple(
            first._replace(id=id_, text=text) for id_, text in zip(names, texts, strict=True)
        ),
    )


def problems(trial: Trial) -> list[str]:
    with pytest.raises(InputError) as caught:
        trial_criteria(trial)
    return [str(one) for one in caught.value.problems]


# Rows.


def test_every_criterion_has_its_row_in_protocol_order() -> None:
    dataset = trial_criteria(TRIAL)
    assert dataset.names == ("STUDYID", "DOMAIN", "IETESTCD", "IETEST", "IECAT", "TIVERS")
    assert [row[2] for row in dataset.rows] == [one.id for one in TRIAL.criteria]
    assert dataset.rows[2] == (
        "NCT06949137",
        "TI",
        "I3",
        "Body weight >=40 kg, and body mass index (BMI) between 18 kg/m2 (inclusive) and 30"
        " kg/m2 (inclusive);",
        "INCLUSION",
        TRIAL.version,
    )
    assert trial_criteria(TRIAL, "HMSC-01").rows[0][0] == "HMSC-01"


def test_a_failed_inclusion_is_n_and_an_exclusion_that_is_met_is_y() -> None:
    dataset = criteria_not_met(TRIAL, FAILED)
    at = [dataset.names.index(name) for name in ("USUBJID", "IESEQ", "IETESTCD", "IECAT")]
    assert [tuple(row[i] for i in at) for row in dataset.rows] == [
        ("NCT06949137-S-001", 1, "E8", "EXCLUSION"),
        ("NCT06949137-S-002", 1, "I3", "INCLUSION"),
        ("NCT06949137-S-002", 2, "E5", "EXCLUSION"),
    ]
    assert [row[7:] for row in dataset.rows] == [
        ("Y", "Y", "SCREENING", "2026-06-01"),
        ("N", "N", "SCREENING", "2026-06-01"),
        ("Y", "Y", "SCREENING", "2026-06-01"),
    ]
    texts = {row[2]: row[3] for row in trial_criteria(TRIAL).rows}
    assert all(row[5] == texts[row[4]] for row in dataset.rows)


def test_only_the_latest_entry_of_a_subject_counts() -> None:
    entries = [*FAILED, entry(6, "S-002", (), corrects=1), entry(7, "S-001", on=date(2026, 9, 1))]
    with pytest.raises(InputError, match="1 problem") as caught:
        criteria_not_met(TRIAL, entries)
    assert "no rows" in str(caught.value.problems[0])
    told = not_in_criteria_not_met(TRIAL, entries)
    assert "(2 of 7)" in told[3]
    assert "have not consented (2 of 5)" in told[4]


def test_an_entry_of_another_trial_or_criteria_file_is_refused_by_its_number() -> None:
    other = criteria_of(TRIAL)._replace(nct_id="NCT00000000")
    older = criteria_of(TRIAL)._replace(version="0.9.0", sha256="0" * 64)
    entries = [
        entry(1, "A", ("I3",), criteria=other),
        entry(2, "B", ("X9",), criteria=older),
        entry(3, "C", ("I3",), criteria=older),
    ]
    with pytest.raises(InputError) as caught:
        criteria_not_met(TRIAL, entries)
    assert [str(one) for one in caught.value.problems] == [
        "entry 1: is of 'NCT00000000', not of NCT06949137",
        f"entry 2: failed 'X9', which {TRIAL.origin} ({TRIAL.version}) does not have;"
        " name the criteria file 0.9.0",
    ]
    assert "(1 of 1)" in not_in_criteria_not_met(TRIAL, entries[2:])[-1]


# Texts.


def test_a_long_text_is_cut_after_a_word_with_a_mark_and_told() -> None:
    long = " ".join(["seventeen-letters"] * 20)
    (row,) = trial_criteria(with_text(long)).rows
    assert isinstance(row[3], str)
    assert row[3].endswith("letters ...") and len(row[3]) <= 200
    assert long.startswith(row[3].removesuffix(" ..."))
    assert len(str(trial_criteria(with_text("x" * 300)).rows[0][3])) == 200
    assert str(trial_criteria(with_text("x" * 200)).rows[0][3]) == "x" * 200
    exact = "word " * 39 + "words"
    assert trial_criteria(with_text(exact)).rows[0][3] == exact
    told = "\n".join(not_in_trial_criteria(TRIAL))
    for one in TRIAL.criteria:
        assert (f"{one.id} (" in told) is (len(to_ascii(one.text)) > 200)
    assert "≥ as >=" in told and "line breaks" in told


def test_a_text_is_written_in_ascii_or_refused_never_dropped() -> None:
    assert to_ascii("≥2 × 10² µmol – “a” ‘b’…\n\té") == ">=2 x 102 umol - \"a\" 'b'... e"
    assert replaced(["a≥b", "≥é"]) == ["é as e", "≥ as >="]
    message = f"{TRIAL.origin} I0: 'age 岁' holds 岁 (U+5C81), which cannot be written in ASCII"
    assert problems(with_text("age 岁")) == [message]


def test_texts_that_become_one_when_cut_are_refused() -> None:
    long = "x " * 150
    assert "is the text of 2 criteria" in problems(with_text(long + "a", long + "b"))[0]


# What does not fit.


def test_what_the_standard_has_no_room_for_is_refused_all_at_once() -> None:
    assert problems(with_text("a", "b", "", ids=("1A", "INCLUSION1", "I3"))) == [
        "TI row 1 IETESTCD: '1A'; expected at most 8 of A-Z, 0-9 and _, and no digit first",
        "TI row 2 IETESTCD: 'INCLUSION1'; expected at most 8 of A-Z, 0-9 and _, and no digit first",
        "TI row 3 IETEST: is empty; a value is required",
    ]
    assert "2 rows for 'I1 1." in problems(with_text("a", "b", ids=("I1", "i1")))[0]


@pytest.mark.parametrize("dataset", [trial_criteria(TRIAL), criteria_not_met(TRIAL, FAILED)])
def test_names_and_labels_are_as_the_standard_has_them(dataset: Dataset) -> None:
    assert all(re.fullmatch("[A-Z][A-Z0-9]{0,7}", one) for one in (dataset.name, *dataset.names))
    labels = (dataset.label, *dataset.variables.values())
    assert all(len(one) <= 40 and one.isascii() for one in labels)


def test_what_a_sponsor_gives_has_to_fit_too() -> None:
    found = []
    for study in ("é", "A\tB", "A" * 201, ""):
        with pytest.raises(InputError) as caught:
            criteria_not_met(TRIAL, FAILED[:1], study)
        found += [str(one) for one in caught.value.problems if "row 1 STUDYID" in str(one)]
    assert [one.removeprefix("IE row 1 STUDYID: ") for one in found] == [
        "'é' is not printable ASCII",
        "'A B' is not printable ASCII",
        f"'{'A' * 60}…' has 201 characters; at most 200 can be written",
        "is empty; a value is required",
    ]


# The file, read by programs that share no code with the writer.


@pytest.mark.parametrize("dataset", [trial_criteria(TRIAL), criteria_not_met(TRIAL, FAILED)])
def test_a_transport_file_reads_back_as_it_was(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "a.xpt"
    write_xpt(dataset, path, MADE)
    with pd.read_sas(path, format="xport", encoding="ascii", iterator=True) as reader:
        fields = reader.fields  # type: ignore[attr-defined]
        frame = reader.read()
    assert [one["name"].decode() for one in fields] == list(dataset.names)
    assert [one["label"].decode() for one in fields] == list(dataset.variables.values())
    assert list(map(tuple, frame.to_numpy())) == list(dataset.rows)
    longest = [
        8 if name == "IESEQ" else max(len(str(row[at])) for row in dataset.rows)
        for at, name in enumerate(dataset.names)
    ]
    assert [one["field_length"] for one in fields] == longest


def test_the_header_is_version_5_and_names_the_data_set(tmp_path: Path) -> None:
    path = tmp_path / "ti.xpt"
    write_xpt(trial_criteria(TRIAL), path, MADE)
    records = [path.read_bytes()[at : at + 80] for at in range(0, 720, 80)]
    assert records[0].startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!")
    assert records[5][8:16] == b"TI      " and records[5][16:24] == b"SASDATA "
    assert records[6][32:72].rstrip() == b"Trial Inclusion/Exclusion Criteria"
    assert {records[1][64:80], records[2][:16], records[5][64:80], records[6][:16]} == {
        b"01JUN26:09:30:05"
    }
    assert struct.unpack(">hhh", records[8][:6]) == (2, 0, 11)  # text, hash, length of STUDYID
    assert len(path.read_bytes()) % 80 == 0


def test_the_same_data_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_xpt(criteria_not_met(TRIAL, FAILED), tmp_path / name, MADE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_csv_holds_the_same_rows() -> None:
    dataset = criteria_not_met(TRIAL, FAILED)
    text = csvtext.render(dataset.names, dataset.rows)
    names, *rows = csv.reader(io.StringIO(text))
    assert tuple(names) == dataset.names
    assert rows == [[str(value) for value in row] for row in dataset.rows]
    assert np.array(rows).shape == (3, 11)
