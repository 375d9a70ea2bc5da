"""Lines of an export that are damaged at random: the rest is read, and nothing is raised."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.fhir_records import CODES
from tests.sizes import size
from tests.test_fhir_truth import FHIR
from trialscreen.answers.records.fhir import read

LINES = [
    line
    for path in [*sorted((FHIR / "synthea").iterdir()), FHIR / "ecqm.ndjson.gz"]
    for line in gzip.decompress(path.read_bytes()).splitlines()
]
WRONG: list[Any] = [
    *(None, 5, -1, "x", True, [], {}, [None], [5], {"x": 1}, 10**400, "9999-99-99", "\ud83d"),
    *({"coding": [5]}, {"coding": None}, {"reference": "#"}, {"reference": 5}, {"value": "x"}),
]
BYTES = (b"\\ud83d", b"\xff", b'"', b"\\", b"{", b"null", b"\x00", b"1e999")


def with_wrong_part(chance: random.Random, line: bytes) -> bytes:
    made = inside = json.loads(line)
    while True:
        key = chance.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
        if not isinstance(inside[key], dict | list) or not inside[key] or chance.random() < 0.3:
            inside[key] = chance.choice(WRONG)
            return json.dumps(made).encode()
        inside = inside[key]


def with_wrong_bytes(chance: random.Random, line: bytes) -> bytes:
    at = chance.randrange(len(line))
    put, skipped = chance.choice(BYTES), chance.choice((0, 1, 20, len(line)))
    return (line[:at] + put + line[at + skipped :]).replace(b"\n", b"")


@pytest.mark.parametrize("seed", range(size(200, 4)))
def test_damaged_lines_are_told_or_read_and_the_others_are_all_there(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    damage = (with_wrong_part, with_wrong_bytes)
    damaged = [chance.choice(damage)(chance, chance.choice(LINES)) for _ in range(150)]
    good = json.dumps(
        {"resourceType": "Patient", "id": "good", "gender": "female", "birthDate": "1956"}
    )
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"\n".join([*damaged, good.encode()]))
    assert "good" in [record.patient for record in read([path], CODES).records]
