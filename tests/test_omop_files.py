"""Tables in files that are kept in unusual ways, or are damaged."""

import gzip
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.omop import read_all
from trialscreen.model.errors import InputError

KEYS = {("loinc", "29463-7"), ("omop", "3036277")}

PERSON = "person_id,gender_concept_id,year_of_birth\n1,8532,1956\n2,8532,1950\n"
MEASUREMENT = (
    "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,"
    "unit_source_value\n"
    "11,1,3025315,2026-03-02,58.5,kg\n"
    "12,1,3036277,2026-03-02,158,cm\n"
    "13,2,3025315,2026-03-03,61,kg\n"
)
CONCEPT = (
    "concept_id\tconcept_name\tvocabulary_id\tconcept_code\n"
    '3025315\tBody "weight\tLOINC\t29463-7\n'
    '3036277\tBody height"\tLOINC\t8302-2\n'
)
PLAIN = {"person.csv": PERSON, "measurement.csv": MEASUREMENT, "CONCEPT.csv": CONCEPT}


def _write(folder: Path, files: Mapping[str, str | bytes]) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder)


def _numbers(folder: str) -> dict[str, list[str]]:
    """The values of each person, by the numbers as written."""
    found, _, _ = read_all(folder, KEYS)
    return {one.patient: [entry.value.number for entry in one.entries] for one in found}  # type: ignore[union-attr]


EXPECTED = {"1": ["58.5", "158"], "2": ["61"]}


def test_a_vocabulary_as_it_is_published(tmp_path: Path) -> None:
    """Its columns are separated by tabs, and a quote is a quote."""
    assert _numbers(_write(tmp_path, PLAIN)) == EXPECTED


def _in_parts(text: str) -> dict[str, str]:
    header, *lines = text.splitlines(keepends=True)
    return {f"measurement/part-{n}.csv": header + line for n, line in enumerate(lines)}


UNUSUAL: dict[str, Callable[[], dict[str, str | bytes]]] = {
    "packed by gzip": lambda: {"measurement.csv.gz": gzip.compress(MEASUREMENT.encode())},
    "in parts": lambda: {**_in_parts(MEASUREMENT), "measurement/_SUCCESS": ""},
    "semicolons": lambda: {"measurement.csv": MEASUREMENT.replace(",", ";")},
    "quotes": lambda: {"measurement.csv": MEASUREMENT.replace(",kg", ',"kg"')},
    "quoted tabs": lambda: {
        "measurement.csv": '"' + MEASUREMENT.replace(",", '"\t"').replace("\n", '"\n"')[:-1]
    },
    "large letters": lambda: {"MEASUREMENT.CSV": MEASUREMENT.upper()},
    "a mark at its beginning": lambda: {"measurement.csv": "\ufeff" + MEASUREMENT},
    "lines as Windows ends them": lambda: {"measurement.csv": MEASUREMENT.replace("\n", "\r\n")},
    "a table without rows": lambda: {
        "measurement.csv": MEASUREMENT,
        "death.csv": "person_id,death_date\n",
    },
}


@pytest.mark.parametrize("files", UNUSUAL.values(), ids=UNUSUAL)
def test_unusual(files: Callable[[], dict[str, str | bytes]], tmp_path: Path) -> None:
    rest = {name: text for name, text in PLAIN.items() if name != "measurement.csv"}
    assert _numbers(_write(tmp_path, {**rest, **files()})) == EXPECTED


DAMAGED: dict[str, tuple[str | bytes, str]] = {
    "a cut line": ("14,1,3025315,2026-0", "line 5: has fewer columns than the table; left out"),
    "a column too many": (
        "14,1,3025315,2026-03-04,58,kg,x\n",
        "line 5: has more columns than the table; left out",
    ),
    "a value that is not UTF-8": (
        b"14,1,3025315,2026-03-04,58,\xff\n",
        "line 5: is not UTF-8; left out",
    ),
    "a quote inside a value": (
        '14,1,3025315,2026-03-04,58,"k"g\n15,1,9,2026-03-04,1,kg\n',
        "line 5: has a quote inside a value; left out",
    ),
}


@pytest.mark.parametrize(("line", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_line(line: str | bytes, message: str, tmp_path: Path) -> None:
    """It is left out with its place; the rest is read."""
    text = MEASUREMENT.encode() + (line if isinstance(line, bytes) else line.encode())
    folder = _write(tmp_path, {**PLAIN, "measurement.csv": text})
    assert _numbers(folder) == EXPECTED
    _, _, problems = read_all(folder, KEYS)
    assert problems == [f"measurement.csv {message}"]


REFUSED: dict[str, tuple[dict[str, str | bytes | None], str]] = {
    "no persons": ({"person.csv": None}, "no table person"),
    "a column is missing": (
        {"measurement.csv": MEASUREMENT.replace("measurement_date", "day")},
        "the table measurement has no column measurement_date",
    ),
    "an empty file": ({"measurement.csv": ""}, "an empty file"),
    "two files": ({"MEASUREMENT.csv.gz": b""}, "several files of a table measurement"),
    "parts with other columns": (
        {
            "measurement.csv": None,
            "measurement/1.csv": MEASUREMENT,
            "measurement/2.csv": MEASUREMENT.replace("value_as_number", "value"),
        },
        "has other columns than 1.csv",
    ),
    "a part in a folder of its own": (
        {"measurement.csv": None, "measurement/1.csv": MEASUREMENT, "measurement/y=26/2.csv": ""},
        "is no part of a table; expected files that end in .csv, .csv.gz, .tsv, .txt, .parquet",
    ),
    "a part of another kind": (
        {"measurement.csv": None, "measurement/1.csv": MEASUREMENT, "measurement/2.orc": ""},
        "is no part of a table",
    ),
    "parts with a log that says which of them count": (
        {"measurement.csv": None, "measurement/1.csv": MEASUREMENT, "measurement/_delta_log/0": ""},
        "is no part of a table",
    ),
    "a quote that is not closed": (
        {"measurement.csv": MEASUREMENT + '14,1,3025315,2026-03-04,58,"kg\n' + "1,1,1,,,\n" * 9},
        "measurement.csv line 5: a quote that is not closed hides the lines that follow",
    ),
    "no Parquet": ({"measurement.csv": None, "measurement.parquet": "PAR1"}, "cannot be read"),
}


@pytest.mark.parametrize(("files", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(files: dict[str, str | bytes | None], message: str, tmp_path: Path) -> None:
    every = {**PLAIN, **files}
    folder = _write(tmp_path, {name: text for name, text in every.items() if text is not None})
    with pytest.raises(InputError) as caught:
        read_all(folder, KEYS)
    assert message in str(caught.value.problems[0])
    zipped = shutil.make_archive(str(tmp_path / "zipped"), "zip", folder)
    with pytest.raises(InputError) as caught:
        read_all(zipped, KEYS)
    assert message in str(caught.value.problems[0])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "no such file or folder; expected a folder or a .zip"),
        ("note.txt", "expected a folder or a .zip"),
        ("postgresql://nobody@127.0.0.1:1/none", "cannot be reached"),
    ],
)
def test_no_source(source: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a note that is long enough")
    source = source if "://" in source else str(tmp_path / source)
    with pytest.raises(InputError) as caught:
        read_all(source, KEYS)
    assert message in str(caught.value.problems[0])


ENCRYPTED, COMPRESSED = 0, 2
"""Where a header of a zip says so, behind the version that it needs."""


@pytest.mark.parametrize(
    ("place", "said", "message"),
    [(ENCRYPTED, 1, "is encrypted"), (COMPRESSED, 99, "compression")],
)
def test_a_zip_that_cannot_be_unpacked(place: int, said: int, message: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "cdm.zip", "w") as archive:
        archive.writestr("person.csv", PERSON)
    data = bytearray((tmp_path / "cdm.zip").read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + flags + place] = said
    (tmp_path / "cdm.zip").write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_all(str(tmp_path / "cdm.zip"), KEYS)
    assert message in str(caught.value.problems[0])


def test_rows_of_a_person_who_is_not_there(tmp_path: Path) -> None:
    _, _, problems = read_all(
        _write(tmp_path, {**PLAIN, "person.csv": PERSON.replace("\n2,", "\n3,")}), KEYS
    )
    assert problems == ["measurement: 1 row of person 2, who is not in the table person"]


@pytest.mark.parametrize("none", ["0", "", "0.0", " 0 ", "00", "NULL", r"\N", "NA"])
def test_no_concept_however_that_is_written(tmp_path: Path, none: str) -> None:
    conditions = (
        "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,"
        f"condition_source_value\n21,1,{none},2020-01-01,M88.9\n22,1,{none},2020-01-01,X99\n"
        "23,1,7,2020-01-01,M88.9\n"
    )
    folder = _write(tmp_path, {**PLAIN, "condition_occurrence.csv": conditions})
    found, _, _ = read_all(folder, {("icd10", "M88")})
    sources = [entry.source for one in found for entry in one.entries]
    assert sources == ["condition_occurrence/21"]
