"""Words and explains questions, and parses the replies.

A value as laboratory reports print it, followed by its limits, is up to three answers: `22 (7-40)`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from trialscreen.answers import values
from trialscreen.answers.interview.console import HELP_LINE
from trialscreen.answers.interview.ordering import Question
from trialscreen.answers.interview.state import ContradictingAnswer, State
from trialscreen.answers.sampled import is_day_in_brackets, said_pending
from trialscreen.answers.written_dates import IN_PART, better_said
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Fact, is_exact
from trialscreen.model.limits import limits_by_value
from trialscreen.model.rules import Given, Test, elements_of_test
from trialscreen.model.trial import Element, Formula, Trial
from trialscreen.model.wording import show_fact, show_range, test_in_words
from trialscreen.text.characters import folded, shown

_LETTERS = {
    "u": values.UNKNOWN_WORD,
    "p": values.PENDING_WORD,
    values.UNKNOWN_WORD: values.UNKNOWN_WORD,
    values.PENDING_WORD: values.PENDING_WORD,
}
_YES_NO = {"y": "yes", "yes": "yes", "n": "no", "no": "no"}
_NONE = ("n", "no", "none", "none of them", "none of these")
_AWAITED = re.compile(r"\Ap\s+(?=(since|from)\b)", re.IGNORECASE)
_FULL_WIDTH = {ord("!") + 0xFEE0 + at: ord("!") + at for at in range(ord("~") - ord("!") + 1)}
_WHOLE = re.compile("[0-9]{1,4}")
_AGE = re.compile(
    r"(?P<at>(?:(?:since )?menopause )?(?:at |when |aged? |at (?:the )?age (?:of )?))?"
    r"(?P<years>[0-9]{1,3})(?: years?(?: old)?)?"
)
_NOT_KNOWN = "u if it is not known"
_PRINTED = re.compile(
    r"(?P<value>.+?)\s*[(（\[]\s*(?P<limits>[<>≤≥=]*\s*\.?[0-9][^()（）\[\]]*)[)）\]]"
    r"\s*(?P<unit>.*?)(?:(?:\bon\s+|,\s*(?=[0-9]))(?P<day>\S.*))?",
    re.IGNORECASE,
)
_NUMBER = r"[0-9]*\.?[0-9]+"
_UNIT = r"\s*((?:[^0-9.,\s].*)?)"
_RANGE = re.compile(rf"({_NUMBER})\s*(?:[-‐‑‒–—−~～]|\.{{2,}}|to\b)\s*({_NUMBER}){_UNIT}")
_END = re.compile(rf"(<=?|>=?|≤|≥|)\s*({_NUMBER}){_UNIT}")


def texts_of(trial: Trial, question: Question, reply: str) -> list[tuple[Element, str]]:
    """The answers that a reply means. Raises ValueProblem."""
    said = folded(reply)
    if not said:
        raise ValueProblem(f"nothing was typed; {_NOT_KNOWN}")
    own = {folded(word): meant for word, meant in trial.spellings.items()}
    if question.card is not None and own.get(said) != "yes":  # that is none of its numbers
        said = own.get(said, said)
    if (word := _LETTERS.get(said)) is not None:
        return [(element, word) for element in question.elements]
    if question.card is not None:
        return _ticked(question, said)
    element = question.elements[0]
    reply = _AWAITED.sub("pending ", reply)
    if said_pending(trial, element, reply) is not None:
        return [(element, reply)]
    if element.type == "boolean":
        # No 1 and no f: these answer other questions, and are slips here.
        known = {**own, folded(element.no_text): "no", **_YES_NO}
        if (meant := known.get(said)) is None:
            raise ValueProblem(f"{shown(reply)}; expected yes, no or u")
        return [(element, meant)]
    names = list(element.choices)
    if names and (number := number_of(said)) >= 0:
        if not 1 <= number <= len(names):
            raise ValueProblem(shown(reply))
        return [(element, names[number - 1])]
    return printed(trial, element, reply) or [(element, reply)]


def number_of(reply: str) -> int:
    """The whole number that a reply is, in the digits 0 to 9; else -1."""
    said = folded(reply)
    return int(said) if _WHOLE.fullmatch(said) else -1


def _ticked(question: Question, said: str) -> list[tuple[Element, str]]:
    """`1 3 8?`: the first and the third; of the eighth it is not known; none of the others."""
    words = ["0"] if said in _NONE else re.sub(r"\s+\?", "?", re.sub("[,、]", " ", said)).split()
    most = len(question.elements)
    doubtful = {number_of(word[:-1]) for word in words if word.endswith("?")}
    numbers = {number_of(word) for word in words if not word.endswith("?")}
    if (
        not words
        or not all(0 <= n <= most for n in numbers)
        or not all(1 <= n <= most for n in doubtful)
    ):
        raise ValueProblem(f"{shown(said)}; expected numbers from 1 to {most}, 0 for none, or u")
    if 0 in numbers and len(numbers) > 1:
        raise ValueProblem("0 means none of them, and stands alone")
    if both := numbers & doubtful:
        raise ValueProblem(f"{shown(said)}: is it {min(both)} or {min(both)}?")
    answers = {**dict.fromkeys(numbers, "yes"), **dict.fromkeys(doubtful, values.UNKNOWN_WORD)}
    return [(one, answers.get(n, "no")) for n, one in enumerate(question.elements, 1)]


def limit_elements(trial: Trial, element: Element) -> dict[str, str]:
    """The elements that are a value's limits, by what they are; none where that is not clear."""
    roles = limits_by_value(trial).get(element.name, {})
    found: dict[str, str] = {role: name for name, role in roles.items()}
    return found if len(found) == len(roles) and "unclear" not in found else {}


def printed(trial: Trial, element: Element, reply: str) -> list[tuple[Element, str]] | None:
    """A value and its limits, those that the trial asks for; None if no limits stand behind it.

    One unit, wherever it stands, is that of all. Raises ValueProblem.
    """
    names = limit_elements(trial, element)
    reply = reply.translate(_FULL_WIDTH)
    found = _PRINTED.fullmatch(reply.strip())
    if not names or found is None or is_day_in_brackets(found["limits"]):
        return None
    ends, unit_of_limits = _ends(found["limits"].strip(), names, reply)
    value, behind = found["value"], found["unit"].strip() or unit_of_limits
    if (split := values.split_unit(value)) is None:
        raise values.no_number(folded(value), value)
    unit = value[len(value) - len(split[1]) :] or behind
    words = (value, "" if split[1] else behind, found["day"] and f"on {found['day']}")
    if split[1]:  # else the limits would be refused for what stands behind the value
        values.read_value(trial, element, value, date.max)
    texts = [(element, " ".join(filter(None, words)))]
    for role, name in names.items():
        if number := ends.get(role):
            limit, text = trial.elements[name], f"{number} {unit_of_limits or unit}".strip()
            try:
                values.read_value(trial, limit, text, date.max)
            except ValueProblem as problem:
                raise ValueProblem(f"{limit.label}: {problem}") from None
            texts.append((limit, text))
    return texts


def _ends(text: str, names: Mapping[str, str], reply: str) -> tuple[dict[str, str], str]:
    """The limits, by what they are, and their unit, if one stands beside them."""
    if (between := _RANGE.fullmatch(text)) is not None:
        if float(between[1]) >= float(between[2]):
            raise ValueProblem(f"{shown(reply)}: the limits run downwards")
        return {"lower": between[1], "upper": between[2]}, between[3]
    end = _END.fullmatch(text)
    sign = "" if end is None else end[1]
    if end is None or (not sign and len(names) > 1):
        raise ValueProblem(f"{shown(reply)}; expected limits such as (7-40), (<40) or (>7)")
    is_upper = sign[:1] in "<≤" if sign else "upper" in names
    return {"upper" if is_upper else "lower": end[2]}, end[3]


def no_answer(trial: Trial, question: Question, reply: str, problem: ValueProblem) -> str:
    """What is wrong with a reply, in a line. A single letter was meant as a command.

    Where numbers are expected, a letter may as well have been meant as an answer.
    """
    element = question.elements[0]
    if not reply or question.card is not None or isinstance(problem, ContradictingAnswer):
        return str(problem)
    if len(reply) == 1 and reply.isalpha() and element.type != "choice":
        return f"{shown(reply)} is not an answer here; {HELP_LINE}"
    if element.type == "choice":
        choices = "; ".join(f"{n} {label}" for n, label in enumerate(element.choices.values(), 1))
        return f"{shown(reply)}; expected {choices}; or u"
    if element.type == "date":
        return _no_date(trial, element, reply, problem)
    told = str(problem)
    has_digit = any(one.isdigit() for one in reply)
    return told if has_digit or not told.endswith("a number") else f"{told}; {_NOT_KNOWN}"


def _no_date(trial: Trial, element: Element, reply: str, problem: ValueProblem) -> str:
    said, counted = folded(reply), years_since(trial, element)
    told, long_ago = str(problem), is_long_ago(trial, element)
    age = None if counted is None else _AGE.fullmatch(said)
    if age is not None and counted is not None and long_ago:
        return f"{told}. {_leads_to(counted)}"
    if age is not None:  # 48 can be the age then, or the years since
        since = "" if age["at"] else f"'{age['years']} years ago', or "
        year = f"the year in which the age was {age['years']}"
        return f"{shown(reply)} is not a date; write {since}{year}"
    better = better_said(said)
    if better not in (None, said):
        return f"{shown(reply)} is not a date; write '{better}'"
    if told.endswith(IN_PART):
        last = "a span (FROM to TO)"
        if not long_ago:
            last += ", or how long ago (today, 3 months ago)"
        instead = _NOT_KNOWN if counted is None else _leads_to(counted)
        told = f"{told.removesuffix(IN_PART)}, YYYY-MM, YYYY, {last}; {instead}"
    return told


def _leads_to(counted: Element) -> str:
    return f"u leads to the question for {counted.label}"


def years_since(trial: Trial, element: Element) -> Element | None:
    """The element that counts the years since a date, as age does."""
    elements = (one for one in trial.elements.values() if not one.internal)
    formulas = ((one, one.derive) for one in elements if isinstance(one.derive, Formula))
    return next((one for one, formula in formulas if formula.inputs == (element.name,)), None)


def is_long_ago(trial: Trial, element: Element) -> bool:
    """Whether a date usually lies years back, as a birth: nobody says how long ago it was."""
    counted = years_since(trial, element)
    return counted is not None and counted.typical is not None and counted.typical[0] != 0


def read_back(element: Element, reply: str, fact: Fact | None, on: str) -> str:
    """What was understood of an answer that says how long ago something was."""
    meant = show_fact(element, fact)
    if not is_exact(fact) and " to " in meant:
        meant = f"between {meant.replace(' to ', ' and ')}"
    return f"{shown(reply)} is {meant}, counted from the screening date {on}"


def wording(trial: Trial, question: Question) -> str:
    """A question, what can be chosen from, and how to answer."""
    if question.card is not None:
        heading = trial.cards[question.card]
        choices = [
            f"{one.label}{f' ({one.examples})' if one.examples else ''}"
            for one in question.elements
        ]
        doubt = f"{len(choices)}? for a doubtful one"
        some = f"1 {min(3, len(choices))}"
        how = f"(numbers such as {some}, {doubt}, 0 for none, u for unknown)"
        return "\n".join([heading, *_numbered(choices), how])
    element = question.elements[0]
    return "\n".join([element.ask, *_numbered(element.choices.values()), _form(trial, element)])


def _numbered(texts: Iterable[str]) -> Iterator[str]:
    return (f"  {n}  {text}" for n, text in enumerate(texts, 1))


def _form(trial: Trial, element: Element) -> str:
    """How an answer is written; only what comes from elsewhere can be awaited."""
    is_sent = element.source in ("laboratory", "imaging")
    none = "u, or p if awaited" if is_sent else "or u"
    match element.type:
        case "boolean":
            return f"(yes, no{'; ' if is_sent else ' '}{none})"
        case "choice":
            return f"(a number{'; ' if is_sent else ', '}{none})"
        case "date":
            ago = "" if is_long_ago(trial, element) else ", how long ago (3 months ago)"
            return f"(YYYY-MM-DD, YYYY-MM, YYYY{ago}, or u)"
        case _:
            others = (element.unit_named(code).show for code in element.accepts)
            units = ", ".join(filter(None, others))
            also = f"; also in {units}" if units else ""
            limits = "; with its limits: VALUE (LOW-HIGH)" if limit_elements(trial, element) else ""
            return f"({show_range(element)}{also}{limits}; {none})"


# Why it is asked.


def explanation(state: State, question: Question) -> Iterator[str]:
    """The open criteria word for word, help, and what an answer would decide."""
    trial = state.trial
    names = {element.name for element in question.elements}
    listed = all(map(_answers_of, question.elements))
    for finding in state.screening.findings:
        rule = finding.criterion.rule
        if finding.met is None and not names.isdisjoint(trial.elements_behind(rule)):
            yield f"\n{finding.criterion.id}: {finding.criterion.text}"
            for test in () if listed else trial.reached(rule):
                used = elements_of_test(test)
                behind = {n for name in used for n in trial.sources_of(name)}
                if names & {*used, *behind}:
                    yield f"  depends on: {_dependence(trial, test)}"
    for element in question.elements:
        yield f"\n{element.label}{f': {element.help}' if element.help else ''}"
        for text in _answers_of(element):
            effect = state.effects([(element, text)])
            if effect or question.card is None:
                yield f"  {text}: {effect or _NOTHING}"
    if question.card is not None:
        none = state.effects((element, "no") for element in question.elements)
        yield f"\nnone of them: {none or _NOTHING}"


_NOTHING = "decides nothing by itself"


def _dependence(trial: Trial, test: Test) -> str:
    if isinstance(test, Given):
        return f"whether the answer to '{trial.elements[test.element].label}' is known"
    return test_in_words(trial, test)


def _answers_of(element: Element) -> tuple[str, ...]:
    """The answers whose effect can be listed."""
    return ("yes", "no") if element.type == "boolean" else tuple(element.choices)
