"""NCT06949137 for cql-execution, which runs CQL on Node: as ELM, the form it takes CQL in.

The translator from CQL to ELM is a Java program; this writes the ELM directly.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from tests.bench.peer import Language, Sign
from trialscreen.model.dates import Period
from trialscreen.model.trial import SCREENING_DATE, Element, Trial

Elm = dict[str, Any]
SYSTEM = "urn:hl7-org:elm-types:r1"
MODEL = "https://github.com/cqframework/cql-execution/simple"
_TYPES = {bool: "Boolean", int: "Integer", float: "Decimal", str: "String"}
_SIGNS = {">=": "GreaterOrEqual", "<=": "LessOrEqual", ">": "Greater", "<": "Less"}
_DAYS = {">=": "SameOrAfter", "<=": "SameOrBefore", ">": "After", "<": "Before"}
_ARITHMETIC = {"*": "Multiply", "/": "Divide", "^": "Power"}


def _node(type: str, *operands: Elm, **more: Any) -> Elm:
    return {"type": type, "operand": list(operands), **more}


def _unary(type: str, operand: Elm, **more: Any) -> Elm:
    return {"type": type, "operand": operand, **more}


class Cql(Language[Elm]):
    """`defined` holds the values that follow from others: each is found once per patient."""

    def __init__(self, trial: Trial, on: date) -> None:
        super().__init__(trial, on)
        self.defined: dict[str, Elm] = {}

    def value(self, name: str) -> Elm:
        element = self.trial.elements[name]
        if element.derive is None and element.valid_if is None and not element.no_is_not_yet:
            return self.entered(element)
        if name not in self.defined:
            self.defined[name] = super().value(name)
        return {"type": "ExpressionRef", "name": name}

    def entered(self, element: Element) -> Elm:
        source = {"type": "ExpressionRef", "name": "Patient"}
        code = {"type": "Property", "path": element.name, "source": source}
        return _unary("DateFrom", code) if element.type == "date" else code

    def literal(self, value: bool | float | str | None) -> Elm:
        if value is None:
            return {"type": "Null"}
        kind = f"{{{SYSTEM}}}{_TYPES[type(value)]}"
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return {"type": "Literal", "valueType": kind, "value": text}

    def joined(self, word: Literal["and", "or"], parts: Sequence[Elm]) -> Elm:
        first, *others = parts
        for other in others:
            first = _node(word.title(), first, other)
        return first

    def opposite(self, part: Elm) -> Elm:
        return _unary("Not", part)

    def known(self, value: Elm) -> Elm:
        return _unary("Not", _unary("IsNull", value))

    def choose(self, condition: Elm, then: Elm, otherwise: Elm) -> Elm:
        return {"type": "If", "condition": condition, "then": then, "else": otherwise}

    def first_known(self, first: Elm, second: Elm) -> Elm:
        return _node("Coalesce", first, second)

    def equal(self, value: Elm, text: str) -> Elm:
        return _node("Equal", value, self.literal(text))

    def one_of(self, value: Elm, texts: Sequence[str]) -> Elm:
        # Not its `In`: nothing is in no list, so that is false for null.
        return self.joined("or", [self.equal(value, text) for text in texts])

    def compare(self, sign: Sign, left: Elm, right: Elm) -> Elm:
        return _node(_SIGNS[sign], left, right)

    def compare_days(self, sign: Sign, left: Elm, right: Elm) -> Elm:
        return _node(_DAYS[sign], left, right, precision="Day")

    def before(self, period: Period) -> Elm:
        quantity = {"type": "Quantity", "value": period.count, "unit": period.unit}
        return _node("Subtract", self._screening_date(), quantity)

    def completed_years(self, since: Elm) -> Elm:
        return _node("DurationBetween", since, self._screening_date(), precision="Year")

    def _screening_date(self) -> Elm:
        return {"type": "ParameterRef", "name": SCREENING_DATE}

    def arithmetic(self, sign: Literal["*", "/", "^"], left: Elm, right: Elm) -> Elm:
        return _node(_ARITHMETIC[sign], left, right)

    def extreme(self, which: Literal["min", "max"], left: Elm, right: Elm) -> Elm:
        # Not its `Min` and `Max`: they leave out what is null. So the null must be the `else`.
        beyond: Sign = ">=" if which == "min" else "<="
        return self.choose(self.compare(beyond, left, right), right, left)

    def rounded(self, value: Elm) -> Elm:
        return _unary("Round", value, precision=self.literal(8))  # as many as CQL has

    def library(self) -> Elm:
        criteria = self.criteria()
        retrieve = {"type": "Retrieve", "dataType": f"{{{MODEL}}}Patient"}
        definitions = {"Patient": _unary("SingletonFrom", retrieve), **self.defined, **criteria}
        statements = [
            {"name": name, "context": "Patient", "accessLevel": "Public", "expression": code}
            for name, code in definitions.items()
        ]
        usings = [
            {"localIdentifier": "System", "uri": SYSTEM},
            {"localIdentifier": "Simple", "uri": MODEL, "version": "1.0.0"},
        ]
        parameter = {"name": SCREENING_DATE, "accessLevel": "Public"}
        library = {
            "identifier": {"id": self.trial.registration.nct_id, "version": self.trial.version},
            "schemaIdentifier": {"id": "urn:hl7-org:elm", "version": "r1"},
            "usings": {"def": usings},
            "parameters": {"def": [parameter]},
            "statements": {"def": statements},
        }
        return {"library": library}
