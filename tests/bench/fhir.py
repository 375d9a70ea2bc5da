"""What it costs to take facts from a FHIR export, against only decoding its lines.

`python -m tests.bench.fhir [FOLDER ...] [--copies 120] [--rounds 5] [--packed]` copies the NDJSON
files of the FOLDERs (all resources of the Synthea patients, of the types that tests use and of
others, if none is named) as often as that, each time with other patients' ids; then a quarter as
often, for the memory. Whole processes run in turn:

- floor: each line decoded by msgspec, and dropped
- typed floor: each line decoded into the types that the reader has for its resource
- extract: the facts, their evidence and the problems, in files

Prints medians, and the medians of the ratios to the floor, round by round.
"""

import gzip
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tests.bench.measure import Command, Costs, Figure, in_turn, ratio, told

_FHIR = Path(__file__).parents[1] / "data" / "records" / "fhir"
SYNTHEA = (_FHIR / "synthea", _FHIR / "synthea-other")
"""An export as a server gives it: also claims and encounters, which nothing is read from."""
ON = "2021-03-31"
FLOOR, EXTRACT = "floor", "extract"


def lines_of(path: Path) -> Iterator[bytes]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        yield from file


def copied(sources: Sequence[Path], folder: Path, copies: int, *, packed: bool) -> Path:
    """The export, with each patient as often as that under another id."""
    paths = [path for source in sources for path in source.iterdir()]
    ids = [
        msgspec.json.decode(line)["id"].encode()
        for path in paths
        if path.name.startswith("Patient.")
        for line in lines_of(path)
    ]
    folder.mkdir()
    for path in paths:
        data = b"".join(lines_of(path))
        name = path.name.removesuffix(".gz") + (".gz" if packed else "")
        with gzip.open(folder / name, "wb", 1) if packed else (folder / name).open("wb") as file:
            for number in range(copies):
                made = data
                for one in ids:
                    made = made.replace(one, b"%s-%05d" % (one[:-6], number))
                file.write(made)
    return folder


def floor(folder: Path, *, typed: bool) -> None:
    """Decodes every line, and keeps none."""
    from trialscreen.answers.records.fhir import documents
    from trialscreen.answers.records.fhir import resources as fhir

    kinds: Mapping[str, type[fhir.Part]] = {}
    if typed:
        from trialscreen.answers.records.fhir.reading import KINDS

        kinds = KINDS

    for path in documents.find([folder]):
        kind = kinds.get(path.name.partition(".")[0], fhir.Head) if typed else None
        decode = msgspec.json.Decoder(kind).decode if kind else msgspec.json.decode
        for line in lines_of(path):
            decode(line)


def commands(folder: Path, out: Path) -> dict[str, Command]:
    here = (sys.executable, "-m", "tests.bench.fhir", str(folder), "--only")
    files = (str(out / name) for name in ("facts.parquet", "evidence.parquet", "problems.csv"))
    facts, evidence, problems = files
    extract = (sys.executable, "-m", "trialscreen", "extract", "fhir", str(folder), "-o", facts)
    asked = ("--evidence", evidence, "--problems", problems, "--screening-date", ON)
    return {
        FLOOR: (*here, "floor"),
        "typed floor": (*here, "typed"),
        EXTRACT: (*extract, *asked),
    }


def measured(
    sources: Sequence[Path], folder: Path, copies: int, rounds: int, *, packed: bool = False
) -> Costs:
    export = copied(sources, folder / str(copies), copies, packed=packed)
    return in_turn(commands(export, folder), rounds)


def figures(large: Costs, small: Costs) -> list[Figure]:
    """`small`: a quarter of the patients."""
    peaks = [max(one.memory for one in costs[EXTRACT]) for costs in (large, small)]
    return [
        Figure(
            "`extract fhir`: processor time", "decoding its lines", ratio(large, EXTRACT, FLOOR), 2
        ),
        Figure("`extract fhir`: memory", "of a quarter of the patients", peaks[0] / peaks[1], 1.2),
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=SYNTHEA)
    parser.add_argument("--copies", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--packed", action="store_true")
    parser.add_argument("--only", choices=("floor", "typed"))
    asked = parser.parse_args()
    if asked.only:
        floor(asked.folders[0], typed=asked.only == "typed")
        return
    with TemporaryDirectory() as name:
        for copies in (asked.copies // 4, asked.copies):
            costs = measured(asked.folders, Path(name), copies, asked.rounds, packed=asked.packed)
            print(f"{copies} copies\n\n{told(costs, FLOOR)}")


if __name__ == "__main__":
    main()
