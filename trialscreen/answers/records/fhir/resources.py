"""The parts of FHIR R4 resources that are read, as types for decoding JSON.

Every field may be null or missing; numbers are kept as written; other fields are skipped. Where R5
renamed a field, both names are accepted.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import Raw, Struct

from trialscreen.answers.records.fhir.repeated import repeated
from trialscreen.text.characters import shown

NOTHING = Raw(b"")

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What decoding raises; a text that is skipped may hold bytes that are not UTF-8."""


def is_given(raw: Raw) -> bool:
    """Whether JSON has a value here."""
    return raw is not NOTHING and bytes(raw) != b"null"


def is_there(part: object) -> bool:
    """Whether a part has a value, which may be unread."""
    return is_given(part) if isinstance(part, Raw) else part is not None


Read = TypeVar("Read")


def readable(decode: Callable[[Raw | bytes], Read], raw: Raw | bytes) -> Read | None:
    """What is decoded here; None if it cannot be read."""
    try:
        return decode(raw)
    except UNREADABLE:
        return None


class Part(Struct, rename="camel", gc=False):
    """A JSON object; its names in snake case."""


class Head(Part):
    """What tells whether a resource can matter, unread: most need no more.

    Names are found fastest in the order in which they mostly come.
    """

    resource_type: str = ""
    id: Raw = NOTHING
    contained: Raw = NOTHING
    modifier_extension: Raw = NOTHING
    status: Raw = NOTHING
    code: Raw = NOTHING
    medication_codeable_concept: Raw = NOTHING
    medication_reference: Raw = NOTHING
    medication: Raw = NOTHING
    subject: Raw = NOTHING
    patient: Raw = NOTHING
    focus: Raw = NOTHING
    effective_date_time: Raw = NOTHING
    value_quantity: Raw = NOTHING
    data_absent_reason: Raw = NOTHING
    body_site: Raw = NOTHING
    component: Raw = NOTHING


class PartOfPanel(Part):
    """What of a part of an observation is looked at, unread, before the rest."""

    code: Raw = NOTHING
    value_quantity: Raw = NOTHING
    data_absent_reason: Raw = NOTHING


class Coding(Part):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(Part):
    """A CodeableConcept."""

    coding: list[Coding | None] | None = None
    text: str | None = None


class Identifier(Part):
    system: str | None = None
    value: str | None = None


class Reference(Part):
    reference: str | None = None
    identifier: Identifier | None = None


class Displayed(Part):
    """A reference, as people see it."""

    display: str | None = None


class MedicationChoice(Part):
    """R5's medication: a concept or a reference, unread."""

    concept: Raw = NOTHING
    reference: Raw = NOTHING


class Quantity(Part):
    value: Raw = NOTHING
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(Part):
    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Part):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Period(Part):
    start: str | None = None
    end: str | None = None


class Timing(Part):
    event: list[str | None] | None = None


class Extension(Part):
    url: str | None = None
    value_code: Raw = NOTHING


class ReferenceRange(Range):
    modifier_extension: list[Extension] | None = None
    type: Concept | None = None
    applies_to: list[Concept] | None = None
    age: Range | None = None
    text: str | None = None


class Meta(Part):
    last_updated: str | None = None


class Resource(Part):
    """What every resource has. `patient` is the `subject` of some."""

    id: str | None = None
    meta: Meta | None = None
    implicit_rules: str | None = None
    modifier_extension: list[Extension] | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    status: str | None = None
    code: Raw = NOTHING


class PatientLink(Part):
    """Another record of the same person, and whether that one counts instead."""

    other: Reference | None = None
    type: str | None = None


class Patient(Resource):
    active: bool | None = None
    extension: list[Extension] | None = None
    identifier: list[Identifier | None] | None = None
    link: list[PatientLink] | None = None
    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None


class Component(Part):
    """A part of an observation, or all of it: a value, or why there is none."""

    code: Raw = NOTHING
    modifier_extension: list[Extension] | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: Concept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: Raw = NOTHING
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_time: str | None = None
    value_date_time: str | None = None
    value_period: Period | None = None
    value_sampled_data: Raw = NOTHING
    data_absent_reason: Concept | None = None
    interpretation: list[Concept] | Concept | None = None
    reference_range: list[ReferenceRange] | None = None


class Observation(Component):
    id: str | None = None
    meta: Meta | None = None
    implicit_rules: str | None = None
    subject: Reference | None = None
    status: str | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    effective_timing: Timing | None = None
    issued: str | None = None
    body_site: Concept | None = None
    specimen: Raw = NOTHING
    component: list[Raw] | None = None


class Condition(Resource):
    """Also an AllergyIntolerance."""

    clinical_status: Concept | None = None
    verification_status: Concept | None = None
    body_site: list[Concept] | None = None
    onset_date_time: str | None = None
    onset_period: Period | None = None
    onset_string: str | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    abatement_age: Raw = NOTHING
    abatement_range: Raw = NOTHING
    abatement_string: str | None = None
    abatement_boolean: bool | None = None
    recorded_date: str | None = None


class Procedure(Resource):
    """Also a ServiceRequest. `not_done` is R3's, `not_performed` R2's."""

    not_done: bool | None = None
    not_performed: bool | None = None
    body_site: list[Concept] | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    authored_on: str | None = None


class Ingredient(Part):
    modifier_extension: list[Extension] | None = None
    item_codeable_concept: Raw = NOTHING
    item: MedicationChoice | None = None


class Dosage(Part):
    """How a medicine is taken; what a daily dose is made of is unread."""

    route: Concept | None = None
    text: Raw = NOTHING
    timing: Raw = NOTHING
    dose_and_rate: Raw = NOTHING
    dose_quantity: Raw = NOTHING
    dose_range: Raw = NOTHING
    max_dose_per_period: Raw = NOTHING
    max_dose_per_administration: Raw = NOTHING
    max_dose_per_lifetime: Raw = NOTHING
    modifier_extension: Raw = NOTHING
    as_needed_boolean: Raw = NOTHING
    as_needed_codeable_concept: Raw = NOTHING
    as_needed: Raw = NOTHING
    as_needed_for: Raw = NOTHING
    additional_instruction: Raw = NOTHING
    patient_instruction: Raw = NOTHING


class DoseAndRate(Part):
    dose_quantity: Quantity | None = None
    dose_range: Raw = NOTHING
    rate_ratio: Raw = NOTHING
    rate_range: Raw = NOTHING
    rate_quantity: Raw = NOTHING


class DoseTiming(Part):
    repeat: dict[str, Raw] | None = None
    code: Concept | None = None
    event: Raw = NOTHING


class Adherence(Part):
    code: Concept | None = None


class Medication(Resource):
    """Every resource about a patient's medicine, and the medicine itself.

    `taken` and `not_given` are R3's, `was_not_taken` and `was_not_given` R2's, `adherence` is R5's.
    """

    taken: str | None = None
    not_given: bool | None = None
    was_not_taken: bool | None = None
    was_not_given: bool | None = None
    adherence: Adherence | None = None
    medication_codeable_concept: Raw = NOTHING
    medication: MedicationChoice | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    authored_on: str | None = None
    date_asserted: str | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    occurence_date_time: str | None = None
    occurence_period: Period | None = None
    when_prepared: str | None = None
    when_handed_over: str | None = None
    days_supply: Quantity | None = None
    recorded: str | None = None
    dosage_instruction: list[Dosage] | None = None
    dosage: Raw = NOTHING
    ingredient: list[Ingredient] | None = None


class Grouping(Part):
    """A DiagnosticReport, or an Observation that groups others."""

    result: list[Reference | None] | None = None
    has_member: list[Reference | None] | None = None


class Item(Part):
    modifier_extension: list[Extension] | None = None
    link_id: str | None = None
    answer: "list[ItemAnswer] | None" = None
    item: "list[Item] | None" = None


class ItemAnswer(Component):
    value_date: str | None = None
    value_coding: Coding | None = None
    value_decimal: Raw = NOTHING
    item: list[Item] | None = None


class QuestionnaireResponse(Resource):
    questionnaire: str | None = None
    authored: str | None = None
    item: list[Item] | None = None


class Request(Part):
    method: str | None = None
    url: str | None = None


class BundleEntry(Part):
    full_url: str | None = None
    resource: Raw = NOTHING
    request: Request | None = None


class BundleLink(Part):
    relation: str | None = None
    url: str | None = None


class Bundle(Part):
    type: str | None = None
    link: list[BundleLink] | None = None
    entry: list[Raw] | None = None


class Damage(NamedTuple):
    """A part of a resource that cannot be read, and why."""

    name: str
    message: str


Decoded = TypeVar("Decoded", bound=Struct)


def decode(kind: type[Decoded], data: bytes | Raw) -> tuple[Decoded, list[Damage]]:
    """A resource, and what in it is of a wrong type; that is as if it were not there.

    Raises msgspec.DecodeError for what is not a JSON object.
    """
    try:
        return _decoder(kind)(data), []
    except UNREADABLE:
        return _decoded_by_part(kind, data)


def decode_whole(kind: type[Decoded], data: bytes) -> tuple[Decoded, list[Damage]]:
    """As `decode`; a part in which a key stands twice is as if it were not there, either."""
    if twice := repeated(data):
        return _decoded_by_part(kind, data, twice)
    return decode(kind, data)


@cache
def _decoder(kind: type[Decoded]) -> Callable[[bytes | Raw], Decoded]:
    return msgspec.json.Decoder(kind).decode


def _decoded_by_part(
    kind: type[Decoded], data: bytes | Raw, twice: Mapping[str, str] = MappingProxyType({})
) -> tuple[Decoded, list[Damage]]:
    given = msgspec.json.decode(data, type=dict[str, Raw])
    good, damaged = {}, []
    for name, key in twice.items():
        del given[name]
        damaged.append(Damage(name, f"the key {shown(key)} stands twice"))
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        if name not in given:
            continue
        try:
            good[field.name] = msgspec.json.decode(given[name], type=field.type)
        except UNREADABLE as error:
            damaged.append(Damage(name, str(error)))
    return kind(**good), damaged
