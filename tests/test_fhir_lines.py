"""The same resources, a line each or in one Bundle, say the same: lines are looked at in passing.

What is generated is odd on purpose: parts of other kinds, nulls, keys twice, in any order.
"""

import gzip
import json
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from tests.fhir_records import CODES, LOINC, EveryCode, Json, observation, patient
from tests.random_records import MOMENTS, NUMBERS, UNITS, WORDS
from tests.sizes import size
from tests.test_fhir_damaged import with_wrong_part
from trialscreen import load_trial
from trialscreen.answers.records.fhir import read
from trialscreen.answers.records.fhir.datatypes import ConceptReader
from trialscreen.answers.records.fhir.intake import Intake
from trialscreen.answers.records.fhir.reading import take_in
from trialscreen.answers.records.fhir.spool import Spool, left
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select

ON = date(2026, 6, 1)
TRIAL = load_trial()
URIS = {short: uri for uri, short in CODES.systems.items()}
RESULTS = [key for key in CODES.bound if key[0] == "loinc"]
OTHERS = [key for key in CODES.bound if key[0] in ("snomed", "icd10")]
MEDICINES = [key for key in CODES.medicines if key[0] in ("rxnorm", "atc")]
BASE = "https://example.org/fhir/"


# What is drawn.


class Drawn:
    """Draws resources of a few patients with few codes, so that they meet."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.codes = [chance.choice(some) for some in (RESULTS, OTHERS, MEDICINES) for _ in "12"]
        self.codes.append(("loinc", "1-8"))

    def any(self, *some: Any) -> Any:
        return self.chance.choice(some)

    def resource(self) -> Json:
        kind = self.any(*KINDS)
        made: dict[str, Any] = {"resourceType": kind, "id": f"{kind[0]}{self.any(*range(9))}"}
        for key in KINDS[kind]:
            made[key] = PARTS[key](self)
        for key in self.chance.sample(list(PARTS), self.any(0, 0, 1, 1, 2)):
            made[key] = PARTS[key](self)
        if self.chance.random() < 0.3:
            made[self.any("id", "subject", "resourceType")] = self.any(*ODD_TEXTS)
        if self.chance.random() < 0.3:
            made.pop(self.any(*made))
        return made

    def text(self) -> str:
        """A resource as it is written in one line, by one who does not think of the reader."""
        made = self.resource()
        if self.chance.random() < 0.15:
            made = json.loads(with_wrong_part(self.chance, json.dumps(made).encode()))
        keys = self.chance.sample(list(made), len(made))
        if self.chance.random() < 0.15:
            keys.insert(self.any(*range(len(keys) + 1)), self.any(*PARTS))
        space = self.any("", " ", "  ")
        parts = []
        for key in keys:
            part = made[key] if key in made and keys.count(key) == 1 else PARTS.get(key, odd)(self)
            name = json.dumps(key)
            if self.chance.random() < 0.02:
                name = f'"\\u{ord(key[0]):04x}{key[1:]}"'
            parts.append(f"{name}:{space}{json.dumps(part, separators=(',', f':{space}'))}")
        return "{" + f",{space}".join(parts) + "}"

    def code(self) -> Any:
        system, code = self.any(*self.codes)
        coding = {"system": URIS.get(system, system), "code": code}
        if self.chance.random() < 0.7:
            return {"coding": [coding]}
        return self.any(
            *(None, {}, {"coding": None}, {"coding": []}, {"coding": [None]}, {"coding": [5]}),
            *({"text": "TSH"}, {"coding": [coding, 5]}, {"coding": [coding, {"code": "x"}]}, 5),
            {"coding": [{"system": None, "code": code, "display": "alendronic acid"}]},
        )

    def subject(self) -> Any:
        name = self.any("p1", "p1", "p1", "p2")
        if self.chance.random() < 0.8:
            return {"reference": f"Patient/{name}"}
        forms = (f"Patient/{name}/_history/2", f"{BASE}Patient/{name}", f"urn:uuid:{name}")
        others = ("#c", "#none", "Patient/p3", "Group/1", name, "", None, 5)
        mrn = {"identifier": {"system": "urn:mrn", "value": name}}
        return self.any(*({"reference": one} for one in (*forms, *others)), mrn, None, {}, [], 5)

    def quantity(self) -> Any:
        number = self.any(3.1, 3.1, 5, -2.5, "5.4", None, 10**30, *NUMBERS)
        made = {"value": number, "unit": self.any(*UNITS), "comparator": self.any("<", None, "x")}
        return self.any(made, made, {"value": 3.1, "unit": "mIU/L"}, None, {}, [], 5)

    def panel(self) -> Any:
        part = {"code": self.code(), "valueQuantity": self.quantity()}
        other = {"code": self.code(), "valueQuantity": {"value": 80, "unit": "mm[Hg]"}}
        return self.any(*[[part, other]] * 4, None, [], [None], [part, None], {}, [{}], [5], [part])

    def contained(self) -> Any:
        inner = observation(id="tsh", code=self.code(), subject=self.any(None, self.subject()))
        person = patient("c", identifier=[{"system": "urn:mrn", "value": self.any("p1", "q")}])
        medicine = {"resourceType": "Medication", "id": "m", "code": self.code()}
        return self.any(None, [], [None], 5, [inner, person, medicine], [medicine], [person])

    def reference(self) -> Any:
        name = self.any("Medication/M1", "Medication/M2", "Medication/x", f"{BASE}Medication/M1")
        return self.any({"reference": name}, {"reference": self.any("#m", None, 5)}, None, {}, 5)


ODD_TEXTS: tuple[Any, ...] = (
    None,
    5,
    "",
    "ö",
    "a b",
    'a"b',
    "a/b",
    "Observation",
    "Bundle",
    "Encounter",
    [],
    {},
)
STATUSES = (
    *("final", "final", "amended", "active", "active", "completed", "completed"),
    *("preliminary", "entered-in-error", "unknown", "odd", None, 5),
)
DAYS = ("2026-05-20", "2026-05-21", "2026-04-01T08:00:00Z", "2026-05-01T08:00:00Z")
ANOTHER = {"reference": "RelatedPerson/fetus"}


def odd(of: Drawn) -> Any:
    return of.any(*ODD_TEXTS)


PARTS: dict[str, Callable[[Drawn], Any]] = {
    "code": Drawn.code,
    "subject": Drawn.subject,
    "patient": Drawn.subject,
    "status": lambda of: of.any(*STATUSES),
    "effectiveDateTime": lambda of: of.any(*DAYS, *DAYS, *DAYS, of.any(*MOMENTS), None, 5),
    "valueQuantity": Drawn.quantity,
    "valueString": lambda of: of.any(*WORDS),
    "valueCodeableConcept": Drawn.code,
    "component": Drawn.panel,
    "contained": Drawn.contained,
    "focus": lambda of: of.any([ANOTHER], [ANOTHER], [of.subject()], [], None, [None], ANOTHER),
    "hasMember": lambda of: [{"reference": of.any("Observation/O1", None)}],
    "modifierExtension": lambda of: of.any([{"url": "x"}], None, [], [None], 5),
    "bodySite": lambda of: of.any({"text": "left"}, [{"text": "left"}], None),
    "dataAbsentReason": lambda of: of.any({"text": "lost"}, None, {}),
    "medicationCodeableConcept": Drawn.code,
    "medicationReference": Drawn.reference,
    "medication": lambda of: {"concept": of.code(), "reference": of.reference()},
    "clinicalStatus": lambda of: {"coding": [{"code": of.any("active", "resolved", None)}]},
    "meta": lambda of: of.any(*({"lastUpdated": f"2026-05-0{n}T08:00:00Z"} for n in (1, 2))),
    "gender": lambda of: of.any("female", "male", None, 5),
    "birthDate": lambda of: of.any("1956-03-12", "1956-03-13", *MOMENTS),
    "identifier": lambda of: [of.any({"system": "urn:mrn", "value": of.any("p1", "p2")}, None)],
    "id": lambda of: of.any("O1", "p1", "M1", *ODD_TEXTS),
}
OF_RESULT = ("code", "subject", "status", "effectiveDateTime", "valueQuantity")
OF_MEDICINE = ("subject", "status", "effectiveDateTime")
KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Observation",), OF_RESULT),
    "Patient": ("id", "gender", "birthDate", "identifier"),
    "Condition": ("code", "subject", "clinicalStatus"),
    "AllergyIntolerance": ("code", "patient"),
    "Procedure": ("code", "subject", "status"),
    "ServiceRequest": ("code", "subject", "status"),
    "MedicationRequest": (*OF_MEDICINE, "medicationCodeableConcept"),
    "MedicationStatement": (*OF_MEDICINE, "medicationCodeableConcept"),
    "MedicationAdministration": (*OF_MEDICINE, "medicationCodeableConcept", "medicationReference"),
    "MedicationDispense": (*OF_MEDICINE, "medication"),
    "Medication": ("code",),
    "DiagnosticReport": ("code", "subject", "status", "contained"),
    "QuestionnaireResponse": ("subject", "status"),
    "Encounter": ("subject", "status"),
}


def drawn(chance: Random) -> list[str]:
    of = Drawn(chance)
    texts = [of.text() for _ in range(of.any(3, 10, 25))]
    texts = [text for text in texts if "ud83d" not in text]  # half a character ends a Bundle
    texts += chance.sample(texts, of.any(0, 0, 1))
    texts.insert(of.any(0, len(texts)), json.dumps(patient()))
    texts.insert(of.any(0, len(texts)), json.dumps(patient("p2")))
    if of.any(True, False):  # a file of each kind, as a bulk export has them
        texts.sort(key=lambda text: str(json.loads(text).get("resourceType")))
    return texts


# What is compared.


def places_out(told: object) -> str:
    return re.sub(r"[^ ']*/[a-z]+[0-9]*\.(?:ndjson|jsonl|json)(?:\.gz)?:[0-9]+", "PLACE", str(told))


class Said(NamedTuple):
    """What is read, what an extraction takes of it, and what is selected, but for places."""

    records: list[str]
    problems: list[str]
    taken: list[list[str]]
    answers: list[dict[str, str]]
    evidence: list[str]
    told: list[str]


def said(*paths: Path) -> Said:
    """Also of all codes, which are read of every resource."""
    every, found = read(paths, EveryCode()), read(paths, CODES)
    with Spool() as spool:
        take_in(paths, Intake(spool, ConceptReader(CODES), lambda *_: None))
        taken = [left(kept, ON) for _, kept in spool.patients()]
    selected = [select(Selection(TRIAL, CODES, ON), record) for record in found.records]
    problems = (*found.problems, *(problem for one in selected for problem in one.problems))
    return Said(
        [places_out(record) for record in (*every.records, *found.records)],
        [places_out(problem) for problem in every.problems],
        [[f"{one.source} {one.moment}" for one in some] for each in taken for some in each],
        [{name: answer.text for name, answer in one.answers.items()} for one in selected],
        [places_out(evidence) for one in selected for evidence in one.evidence],
        [places_out(problem.message) for problem in problems],
    )


def in_lines(folder: Path, texts: Sequence[str], files: int = 1) -> list[Path]:
    paths = []
    for number in range(files):
        some = texts[len(texts) * number // files : len(texts) * (number + 1) // files]
        paths.append(folder / f"a{number}.ndjson")
        paths[-1].write_text("".join(f"{text}\n" for text in some), "utf-8")
    return paths


def in_bundle(folder: Path, texts: Sequence[str], between: str = "\n", base: str = "") -> Path:
    """`base`: of addresses, which those have that have an id."""
    entries = []
    for text in texts:
        head = json.loads(text)
        kind, name = head.get("resourceType"), head.get("id")
        is_plain = base and PLAIN.fullmatch(f"{kind}/{name}")
        url = f'"fullUrl": "{base}{kind}/{name}", ' if is_plain else ""
        entries.append(f'{{{url}"resource": {text}}}')
    path = folder / "b.json"
    start = '{"resourceType": "Bundle", "type": "collection", "entry": ['
    path.write_text(f"{start}{between}{f',{between}'.join(entries)}]}}", "utf-8")
    return path


PLAIN = re.compile("[A-Za-z]+/[A-Za-z][0-9]")


def agree(folder: Path, texts: Sequence[str], files: int = 1, *how: str) -> Said:
    """What both say; `how` the Bundle is written, as `in_bundle` has it."""
    of_lines = said(*in_lines(folder, texts, files))
    assert of_lines == said(in_bundle(folder, texts, *how))
    return of_lines


@pytest.mark.parametrize("seed", range(size(400, 20)))
def test_lines_and_a_bundle_of_the_same_say_the_same(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    how = chance.choice(["", "\n", "\r\n"]), chance.choice(["", BASE])
    agree(tmp_path, drawn(chance), chance.choice([1, 3]), *how)


# By hand.

OTHER = {"coding": [{"system": LOINC, "code": "1-8"}]}
TSH = observation()["code"]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ALENDRONATE = {"coding": [{"system": RXNORM, "code": "904419"}]}
CHILD = {"reference": "RelatedPerson/fetus"}
QUANTITY = observation()["valueQuantity"]
HELD = observation(id="tsh", subject=None)
MEDICINE = {"resourceType": "Medication", "id": "x", "code": ALENDRONATE}
REPORT = {"resourceType": "DiagnosticReport", "id": "r1", "subject": {"reference": "Patient/p1"}}


def taken(**more: Any) -> Json:
    kept = {"resourceType": "MedicationStatement", "id": "m1", "status": "active"}
    return {**kept, "subject": {"reference": "Patient/p1"}, **more}


REFERRED = {"medicationReference": {"reference": "Medication/x"}}
WRONG: tuple[Any, ...] = (5, {}, [None], None)
SUBJECTS = ("p1", "#p1", f"{BASE}Patient/p1", "urn:uuid:p1", "URN:UUID:p1", "Group/1")
FOCUSES: tuple[Any, ...] = ([CHILD], [], [None], CHILD, [{"reference": None}])
SILENT: tuple[Any, ...] = (None, {}, {"coding": []}, {"coding": [None]})
HOSTILE: list[Json] = [
    *(observation(**{key: value}) for key in observation() for value in WRONG),
    *({**observation(), key: None} for key in (*observation(), "focus", "component", "contained")),
    *(observation(focus=one) for one in FOCUSES),
    *(observation(subject={"reference": one}) for one in SUBJECTS),
    observation(subject={"reference": "#c"}, contained=[patient("c")]),
    *(observation(valueQuantity={**QUANTITY, "comparator": one}) for one in ("<", ">=", "ad", "x")),
    observation(code=OTHER, component=[{"code": TSH, "valueQuantity": QUANTITY}]),
    observation(code=OTHER, component=[{"code": None}, {}, {"code": TSH}]),
    observation(component=[{"code": TSH}, None]),
    observation(valueQuantity=None, hasMember=[{"reference": "Observation/o2"}]),
    observation(status="entered-in-error"),
    observation(modifierExtension=[{"url": "x", "valueBoolean": True}]),
    observation(meta={"lastUpdated": "2026-05-02T08:00:00Z"}, status="preliminary"),
    {**REPORT, "contained": [HELD]},
    {**REPORT, "medicationCodeableConcept": ALENDRONATE},
    *(taken(**REFERRED, medicationCodeableConcept=one) for one in (*SILENT, OTHER)),
    *(taken(medicationCodeableConcept=ALENDRONATE, medicationReference=one) for one in (5, None)),
    taken(medicationCodeableConcept=OTHER, component=[{"code": TSH}]),
    taken(medication={"concept": ALENDRONATE}),
    {"id": "o1", "status": "final"},
]


@pytest.mark.parametrize("one", HOSTILE)
def test_odd_resources_say_the_same(tmp_path: Path, one: Json) -> None:
    """Before and after the patient is known, and beside another version of the same."""
    older = observation(id="o0", effectiveDateTime="2026-01-01")
    for known in ([], [patient(), older, taken(id="m0", **REFERRED)]):
        some = [*known, one, MEDICINE, observation(), {**one, "id": "z"}, patient()]
        agree(tmp_path, [*map(json.dumps, some)])


def twice(key: str, one: object, other: object, rest: Json, space: str = "") -> str:
    pairs = [(key, one), *rest.items(), (key, other)]
    return "{" + ",".join(f'"{name}"{space}:{space}{json.dumps(it)}' for name, it in pairs) + "}"


PANEL = [{"code": TSH, "valueQuantity": QUANTITY}]
NO_CODE = observation(code=None)


@pytest.mark.parametrize(
    "text",
    [
        twice("code", TSH, None, NO_CODE),
        twice("code", TSH, 5, NO_CODE),
        twice("code", TSH, OTHER, {**NO_CODE, "component": [{"valueString": "x"}]}),
        twice("component", PANEL, [], NO_CODE),
        twice("code", TSH, OTHER, {**NO_CODE, "component": None}),
        twice("component", PANEL, None, {**NO_CODE, "code": OTHER}),
        twice("component", [{"code": TSH}], None, {**NO_CODE, "code": OTHER}),
        *(twice("code", TSH, OTHER, NO_CODE, space) for space in ("", " ", "  ", "\t")),
        twice("medicationCodeableConcept", ALENDRONATE, OTHER, taken(), " "),
    ],
)
def test_what_a_key_that_stands_twice_hides_is_told(tmp_path: Path, text: str) -> None:
    told = agree(tmp_path, [json.dumps(patient()), text]).told
    assert any("stands twice" in one for one in told), told


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ({"id": "o1"}, "is not a FHIR resource: it has no resourceType"),
        ({"resourceType": None}, "is not a FHIR resource: Expected `str`, got `null`"),
        (
            taken(medicationCodeableConcept=ALENDRONATE, medicationReference=5),
            "medicationReference: Expected `object | null`, got `int`",
        ),
    ],
)
def test_what_is_wrong_is_told_of_lines_and_of_a_bundle(
    tmp_path: Path, resource: Json, told: str
) -> None:
    """After another of the same patient, from which on lines are looked at less closely."""
    found = agree(tmp_path, [*map(json.dumps, (patient(), observation(), resource))])
    assert [one.split(" - at")[0] for one in found.told] == [told]


@pytest.mark.parametrize("concept", SILENT)
def test_a_concept_that_says_nothing_leaves_the_medicine_to_its_reference(
    tmp_path: Path, concept: object
) -> None:
    some = patient(), observation(), taken(**REFERRED, medicationCodeableConcept=concept), MEDICINE
    found = agree(tmp_path, [*map(json.dumps, some)])
    assert all("904419" in record for record in found.records)


def test_results_without_ids_in_one_line_are_as_many_as_were_written(tmp_path: Path) -> None:
    """The later one does not replace the earlier one, of which it is no version."""
    weight = {"coding": [{"system": LOINC, "code": "29463-7"}]}
    later = {"code": weight, "valueQuantity": {"value": 60, "unit": "kg"}}
    some = [
        observation(id=None, meta={"lastUpdated": f"2026-05-0{day}T08:00:00Z"}, **more)
        for day, more in ((1, {}), (2, later))
    ]
    found = agree(tmp_path, [*map(json.dumps, (patient(), *some))], 1, "")
    assert found.answers[0].items() >= {"tsh": "3.1 m[IU]/L", "weight": "60"}.items()


FORMS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("a.ndjson", lambda data: b"\xef\xbb\xbf" + data),
    ("a.ndjson", lambda data: data.replace(b"\n", b"\r\n")),
    ("a.jsonl", lambda data: b"\n \n" + data.replace(b"\n", b"\n\r\n\n")),
    ("a.ndjson", lambda data: data.rstrip(b"\n")),
    ("a.ndjson.gz", gzip.compress),
    ("a.ndjson.gz", lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:])),
    ("a.json.gz", lambda data: gzip.compress(b"\xef\xbb\xbf" + data)),
    ("a.json", bytes),
]


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_lines_in_any_form_say_the_same(
    tmp_path: Path, name: str, form: Callable[[bytes], bytes]
) -> None:
    texts = [json.dumps(one) for one in (patient(), *HOSTILE)]
    (plain,) = in_lines(tmp_path, texts)
    other = tmp_path / name
    other.write_bytes(form(plain.read_bytes()))
    assert said(other) == said(plain)


@pytest.mark.parametrize("key", ["code", "subject", "focus", "resourceType", "id", "status"])
def test_keys_that_are_escaped_are_the_same_keys(tmp_path: Path, key: str) -> None:
    one = observation(focus=[{"reference": "Patient/p1"}])
    escaped = json.dumps(one).replace(f'"{key}"', f'"\\u{ord(key[0]):04x}{key[1:]}"', 1)
    first = json.dumps(observation(id="o0")), json.dumps(patient())
    assert agree(tmp_path, [*first, escaped]) == agree(tmp_path, [*first, json.dumps(one)])
