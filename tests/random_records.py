"""Random records, with everything that a reader of FHIR or OMOP may hand on."""

from random import Random
from typing import Any

from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.entries import (
    Amount,
    Coding,
    Entry,
    EntryKind,
    NormalRange,
    Person,
    Record,
    Standing,
)
from trialscreen.model.trial import Trial

MOMENTS = (
    *("", "2026", "2026-05", "2026-05-20", "2026-06-01", "2026-06-02", "03/04/2026", "x"),
    *("2026-05-20T08:00:00Z", "2026-05-20T23:30:00-05:00", "2026-05-21T00:30:00+08:00"),
    *("2026-05-20T08:00:00", "2026-05-20 00:00:00", "2026-05-20T24:00:00Z", "1900-01-01"),
    *("9999-12-31", "2026-13-01", "20260520", "0001-01-01", "2026-02-30", " 2026-05-20 "),
)
NUMBERS = (
    "0",
    "1",
    "-2.5",
    "-3.1",
    "60",
    "5.40",
    "1e2",
    "1E400",
    "abc",
    "",
    "-0",
    "٣",
    "NaN",
    "+5",
)
UNITS = (
    *("", "kg", "g", "cm", "mg/dL", "mmol/L", "u[IU]/mL", "m[IU]/L", "[IU]/L", "U/L", "K", "1"),
    *("{T-score}", "%", "mL/min", "mL/min/{1.73_m2}", "{copies}/mL", "ng/dL", "umol/l", "公斤"),
)
WORDS = (
    *("", "unknown", "pending", "positive", "Negative", "3.1 mIU/L", "<20", "1:64", "5,5", "-"),
    *("not detected", "hemolyzed", "x" * 300, "a\x00b", "\u200b", "yes", "1 to 2 kg", "≥5 kg"),
)
KINDS: tuple[EntryKind, ...] = (
    *("measurement",) * 5,
    *("condition",) * 3,
    *("procedure", "medication", "medication", "allergy"),
)
STANDINGS: tuple[Standing, ...] = (
    *("counts",) * 6,
    *("provisional", "resolved", "refuted", "error", "planned", "past"),
)
FORM = "https://example.org/Questionnaire/NCT06949137|1"


class Recorder:
    """Makes records of codes that a mapping knows; few codes a record, so that they meet."""

    def __init__(self, rng: Random, trial: Trial, codes: Codes) -> None:
        self.rng, self.trial, self.codes = rng, trial, codes
        results = [key for key in codes.bound if key[0] == "loinc"]
        self._keys = [*results * 3, *codes.bound, *codes.medicines]

    def record(self) -> Record:
        rng = self.rng
        few = [self._coding() for _ in range(rng.randint(1, 6))]
        entries = [self._entry(few, f"Entry/{n}") for n in range(rng.randint(0, 14))]
        entries += rng.sample(entries, min(len(entries), rng.choice([0, 0, 2])))
        entries += [self._answer(f"Answer/{n}") for n in range(rng.choice([0, 0, 1, 3]))]
        return Record("1", tuple(self._persons()), tuple(entries))

    def _persons(self) -> list[Person]:
        count = self.rng.choice([0, 1, 1, 2])
        sexes = ("female", "female", "male", "unknown", "", "X")
        return [
            Person(self.rng.choice(sexes), self.rng.choice(MOMENTS), source=f"Patient/{n}")
            for n in range(count)
        ]

    def _coding(self) -> Coding:
        system, code = self.rng.choice(self._keys)
        more = self.rng.choice(["", ".9", "x001"]) if system in ("icd10", "atc") else ""
        return Coding(system, code + more)

    def _amount(self) -> Amount:
        units = (self.rng.choice(UNITS) if self.rng.random() < p else "" for p in (0.4, 0.8))
        comparator = self.rng.choice(["", "", "", "<", "<=", ">", ">="])
        return Amount(self.rng.choice(NUMBERS), comparator, *units)

    def _value(self) -> Any:
        known = list(self.codes.meanings)
        return self.rng.choice(
            [
                *[self._amount() for _ in range(5)],
                self.rng.choice(WORDS),
                tuple(Coding(*self.rng.choice(known)) for _ in range(self.rng.randint(0, 2))),
                self.rng.random() < 0.5,
                None,
            ]
        )

    def _also(self) -> tuple[Coding, ...]:
        known = Coding(*self.rng.choice(list(self.codes.meanings)))
        return tuple(self.rng.choices([known, Coding("", "", self.rng.choice(WORDS))], k=2))

    def _entry(self, few: list[Coding], source: str) -> Entry:
        rng = self.rng
        kind = rng.choice(KINDS)
        sides = (self._amount() if rng.random() < 0.4 else None for _ in range(2))
        return Entry(
            kind,
            tuple(rng.sample(few, min(len(few), rng.choice([1, 1, 1, 2])))),
            source,
            value=self._value() if kind == "measurement" else None,
            also=self._also() if kind == "measurement" and rng.random() < 0.3 else (),
            limits=NormalRange(*sides),
            start=rng.choice(MOMENTS),
            end=rng.choice(MOMENTS) if rng.random() < 0.4 else "",
            recorded=rng.choice(MOMENTS) if rng.random() < 0.4 else "",
            days=rng.choice([None, None, 1, 30, 93, 4_000, 1_000_000]),
            standing=rng.choice(STANDINGS),
            active=rng.random() < 0.5,
            site=(Coding("snomed", "29627003"),) if rng.random() < 0.3 else (),
            route=(Coding(*rng.choice(list(self.codes.routes))),) if rng.random() < 0.4 else (),
        )

    def _answer(self, source: str) -> Entry:
        element = self.rng.choice(list(self.trial.elements))
        values: list[Any] = [
            *(
                True,
                False,
                "yes",
                "no",
                "2020",
                "1958-03-14",
                Amount("60"),
                Amount("60", ucum="kg"),
            ),
            *((Coding("own", "natural"),), (), None),
        ]
        return Entry(
            "answer",
            (Coding("questionnaire", element, FORM),),
            source,
            self.rng.choice(values),
            start=self.rng.choice(MOMENTS),
            standing=self.rng.choice(STANDINGS),
        )
