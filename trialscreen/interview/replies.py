"""What a reply to a question means, and what to say of one that means nothing."""

import re

from trialscreen.ago import better_said
from trialscreen.errors import ValueProblem
from trialscreen.fact import Fact, is_exact
from trialscreen.interview.book import Contradiction
from trialscreen.interview.console import HELP_LINE
from trialscreen.interview.plan import Question
from trialscreen.spelling import folded
from trialscreen.text import shown
from trialscreen.trial import Element, Formula, Trial
from trialscreen.values import UNKNOWN
from trialscreen.words import show_fact

_YES_NO = {"y": "yes", "yes": "yes", "n": "no", "no": "no"}
_NONE = ("n", "no", "none")
_NUMBER = re.compile("[0-9]{1,4}")
_YEARS = re.compile(r"[0-9]{1,3}( years?( old)?)?")


def texts_of(trial: Trial, question: Question, reply: str) -> list[tuple[Element, str]]:
    """The answers that a reply means. Raises ValueProblem."""
    said = folded(reply)
    if not said:
        raise ValueProblem("nothing was typed; u if it is not known")
    if said in ("u", UNKNOWN):
        return [(element, UNKNOWN) for element in question.elements]
    if question.card is not None:
        return _ticked(question, said)
    element = question.elements[0]
    if element.type == "boolean":
        # No 1 and no f: these answer other questions, and are slips here.
        meant = _YES_NO.get(said) or _own_words(trial).get(said)
        if meant is None:
            raise ValueProblem(f"{shown(reply)}; expected yes, no or u")
        return [(element, meant)]
    names = list(element.choices)
    if names and (number := number_of(said)) >= 0:
        if not 1 <= number <= len(names):
            raise ValueProblem(shown(reply))
        return [(element, names[number - 1])]
    return [(element, reply)]


def number_of(reply: str) -> int:
    """The whole number that a reply is, in the digits 0 to 9; -1 if it is none."""
    said = folded(reply)
    return int(said) if _NUMBER.fullmatch(said) else -1


def _own_words(trial: Trial) -> dict[str, str]:
    return {folded(word): meant for word, meant in trial.spellings.items()}


def _ticked(question: Question, said: str) -> list[tuple[Element, str]]:
    words = ["0"] if said in _NONE else said.replace(",", " ").split()
    most = len(question.elements)
    numbers = set(map(number_of, words))
    if not words or not all(0 <= one <= most for one in numbers):
        raise ValueProblem(f"{shown(said)}; expected numbers from 1 to {most}, 0 for none, or u")
    if 0 in numbers and len(numbers) > 1:
        raise ValueProblem("0 means none of them, and stands alone")
    return [(one, "yes" if n in numbers else "no") for n, one in enumerate(question.elements, 1)]


def no_answer(trial: Trial, question: Question, reply: str, problem: ValueProblem) -> str:
    """What is wrong with a reply, in a line. A single letter was meant as a command."""
    if not reply or isinstance(problem, Contradiction):
        return str(problem)
    if len(reply) == 1 and reply.isalpha():
        return f"{shown(reply)} is not an answer here; {HELP_LINE}"
    element = question.elements[0]
    if question.card is None and element.type == "choice":
        choices = "; ".join(f"{n} {label}" for n, label in enumerate(element.choices.values(), 1))
        return f"{shown(reply)}; expected {choices}; or u"
    if element.type == "date":
        return _no_date(trial, element, reply, problem)
    return str(problem)


def _no_date(trial: Trial, element: Element, reply: str, problem: ValueProblem) -> str:
    said, counted = folded(reply), years_since(trial, element)
    if counted is not None and is_long_ago(trial, element) and _YEARS.fullmatch(said):
        return f"{problem}. u leads to the question for {counted.label}"
    better = better_said(said)
    return str(problem) if better is None else f"{shown(reply)} is not a date; write '{better}'"


def years_since(trial: Trial, element: Element) -> Element | None:
    """The element that counts the years since a date, as age does."""
    elements = (one for one in trial.elements.values() if not one.internal)
    formulas = ((one, one.derive) for one in elements if isinstance(one.derive, Formula))
    return next((one for one, formula in formulas if formula.inputs == (element.name,)), None)


def is_long_ago(trial: Trial, element: Element) -> bool:
    """Whether a date usually lies years back, as a birth: nobody says how long ago it was."""
    counted = years_since(trial, element)
    return counted is not None and counted.typical is not None and counted.typical[0] != 0


def read_back(trial: Trial, element: Element, reply: str, fact: Fact | None, on: str) -> str:
    """What was understood of an answer that says how long ago something was."""
    meant = show_fact(trial, element, fact)
    if not is_exact(fact) and " to " in meant:
        meant = f"between {meant.replace(' to ', ' and ')}"
    return f"{shown(reply)} is {meant}, counted from the screening date {on}"
