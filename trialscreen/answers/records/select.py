"""Selects the facts from a record's entries; the rest becomes evidence for a person to review."""

from collections.abc import Collection, Iterable
from operator import itemgetter

from trialscreen.answers.answer import Answer
from trialscreen.answers.beside_record import FromRecord
from trialscreen.answers.records.answered import Hits, take_coded, take_results, take_said
from trialscreen.answers.records.codes import RESULTS, Medicine, MedicineCode
from trialscreen.answers.records.entries import Coding, Entry, Person, Record
from trialscreen.answers.records.gathered import Gathered, Hit, Selection, latest_of, recorded_value
from trialscreen.answers.records.medicines import take_medicine
from trialscreen.model import truth
from trialscreen.model.errors import Problem, ValueProblem, raise_any
from trialscreen.model.evidence import Evidence, EvidenceKind
from trialscreen.model.facts import Fact
from trialscreen.model.trial import Element, Trial
from trialscreen.screening.edit_checks import contradicted
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.explain import support_of
from trialscreen.text.characters import nearest, shown

_ASSUMED = "nothing in the record codes it: assumed absent"


def select(by: Selection, record: Record) -> FromRecord:
    """What a record gives on the screening date: answers, evidence, and what is unusable."""
    found, elements = Gathered(by), by.trial.elements
    for field, name in by.codes.persons.items():
        _take_person(found, elements[name], field, record.persons)
    hits = Hits(found, record.entries, record.older)
    for name in [name for name in elements if name in hits.by_element]:
        take_results(found, elements[name], hits)
        if others := [hit for hit in hits.by_element[name] if hit.binding.says not in RESULTS]:
            take_coded(found, elements[name], others, hits)
    _show_beside(found, hits.beside)
    _take_medicines(found, record.entries)
    for name, said in hits.said.items():
        take_said(found, elements[name], said)
    _apply_rules(found)
    _assume(found)
    return FromRecord(found.answers, tuple(found.evidence), tuple(found.problems), by.on)


def _take_medicines(found: Gathered, entries: tuple[Entry, ...]) -> None:
    """The answers of medicines, by their groups."""
    by_medicine: dict[Medicine, list[tuple[Entry, Coding, MedicineCode]]] = {}
    for entry in entries:
        if entry.kind != "medication":
            continue
        known: dict[Medicine, list[tuple[Coding, MedicineCode]]] = {}
        for coding, code in found.codes.medicine_codes(entry.codes):
            known.setdefault(code.medicine, []).append((coding, code))
        for medicine, codes in known.items():
            coding, code = min(codes, key=lambda one: one[1].needs_route)
            by_medicine.setdefault(medicine, []).append((entry, coding, code))
    for medicine, of in by_medicine.items():
        take_medicine(found, medicine, of)


def _take_person(found: Gathered, element: Element, field: str, persons: Iterable[Person]) -> None:
    """Sex or birth date, as all that the record says of the patient have it."""
    said: dict[str, tuple[Person, Fact]] = {}
    for one in persons:
        text = getattr(one, field)
        try:
            fact = found.read(element, text) if text else None
        except ValueProblem as problem:
            found.problem(one, f"{element.name}: {problem}")
        else:
            if fact is not None:
                said.setdefault(text, (one, fact))
    all_agree = len({fact for _, fact in said.values()}) == 1
    for text, (one, _) in said.items():
        kind: EvidenceKind = "fact" if all_agree else "conflict"
        found.evidence.append(Evidence(kind, element.name, text, source=one.source))
        if all_agree:
            found.answers.setdefault(element.name, Answer(text, "record", one.source))


def _show_beside(found: Gathered, hits: list[Hit]) -> None:
    """The latest of what helps to judge an element, or is near it, by each code."""
    by_code: dict[tuple[str, str, str], list[Hit]] = {}
    for hit in hits:
        key = (hit.binding.element, hit.coding.system, hit.coding.code)
        by_code.setdefault(key, []).append(hit)
    for _, of in sorted(by_code.items(), key=itemgetter(0)):  # in whichever order they came
        for hit in {recorded_value(hit.entry): hit for hit in latest_of(of) or of}.values():
            is_near = hit.binding.role == "near"
            found.show("unmapped" if is_near else "candidate", hit, hit.entry.absent)


def _apply_rules(found: Gathered) -> None:
    """The elements that a rule of the mapping makes true by what the record gives.

    What contradicts itself is unknown before, all of it, until somebody decides.
    """
    evaluation = Evaluation(found.trial, found.facts(), found.on)
    while notice := next(contradicted(evaluation), None):
        found.set_aside(notice.elements, notice.message)
        evaluation = Evaluation(found.trial, found.facts(), found.on)
    divided = {one.element for one in found.evidence if one.kind == "conflict"}
    for name, rule in found.codes.yes_if.items():
        trace = evaluation.trace(rule)
        if name in found.answers or name in divided or trace.truth is not truth.TRUE:
            continue
        support = support_of(evaluation, trace).names
        grounds = [one for one in found.evidence if one.kind == "fact" and one.element in support]
        for one in grounds:
            note = f"{found.trial.elements[one.element].label} {one.value}"
            found.evidence.append(one._replace(element=name, value="yes", unit="", note=note))
        sources = ", ".join(one.source for one in grounds)
        found.answers[name] = Answer("yes", "record", sources)


# Where a site has decided that what is not coded is not there.


def check_sections(trial: Trial, sections: Collection[str]) -> None:
    """Raises InputError for a section that the trial lacks, or in which nothing can be assumed."""
    known = [one.id for one in trial.sections]
    problems = []
    for section in sections:
        if section not in known:
            hint = nearest(section, known) or f" Known: {', '.join(known)}."
            problems.append(Problem("assume_absent", f"no section {shown(section)}.{hint}"))
        elif not any(_can_be_assumed(one, (section,)) for one in trial.answerable()):
            message = f"{shown(section)} has no element that a missing code can set to no"
            problems.append(Problem("assume_absent", message))
    raise_any(problems)


def _can_be_assumed(element: Element, sections: Collection[str]) -> bool:
    return element.section in sections and element.type == "boolean" and not element.is_judgement


def _assume(found: Gathered) -> None:
    """No, of what neither is coded nor follows from anything that is."""
    if not found.assume_absent:
        return
    coded = {one.element for one in found.evidence} | found.answers.keys()
    for element in found.trial.answerable():
        names = {element.name, *found.trial.sources_of(element.name)}
        if _can_be_assumed(element, found.assume_absent) and coded.isdisjoint(names):
            found.answers[element.name] = Answer("no", "record", _ASSUMED)
            found.evidence.append(Evidence("assumed", element.name, "no", note=_ASSUMED))
