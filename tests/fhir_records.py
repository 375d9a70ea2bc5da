"""FHIR resources of made-up patients for tests, written into files, and what is read of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trialscreen import load_trial
from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.codes_file import load_codes
from trialscreen.answers.records.entries import Coding
from trialscreen.answers.records.fhir import Read, read

Json = Mapping[str, Any]
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CODES = load_codes(load_trial())
"""The packaged mapping, for the packaged trial."""


def patient(id: str = "p1", **more: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": id,
        "gender": "female",
        "birthDate": "1956-03-12",
        **more,
    }


def observation(**more: Any) -> Json:
    """A TSH of 3.1 mIU/L; None takes a part away."""
    made = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "3016-3"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-02",
        "valueQuantity": {"value": 3.1, "unit": "mIU/L", "system": UCUM, "code": "m[IU]/L"},
        **more,
    }
    return {name: part for name, part in made.items() if part is not None}


def bundle(*resources: Json, type: str = "collection", urls: Mapping[int, str] = {}) -> Json:
    entries = [
        {**({"fullUrl": urls[number]} if number in urls else {}), "resource": one}
        for number, one in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": type, "entry": entries}


def write_lines(path: Path, *resources: Json | str) -> Path:
    lines = (one if isinstance(one, str) else json.dumps(one) for one in resources)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


class EveryCode(Codes):
    """A mapping to which every code matters, and that names no system."""

    def is_relevant(self, codes: Sequence[Coding]) -> bool:  # noqa: ARG002
        return True


def read_every(path: Path) -> Read:
    """What is read of a file or folder, whatever its codes."""
    return read([path], EveryCode())


def read_these(folder: Path, *resources: Json | str) -> Read:
    """What is read of a file with one resource a line."""
    return read_every(write_lines(folder / "export.ndjson", *resources))
