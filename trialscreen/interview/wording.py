"""How a question is put and explained; texts out of values, nothing is asked here."""

from collections.abc import Iterable, Iterator

from trialscreen.interview.book import Book
from trialscreen.interview.plan import Progress, Question
from trialscreen.interview.replies import is_long_ago
from trialscreen.rule import Given, Test, elements_of_test
from trialscreen.trial import Element, Trial
from trialscreen.words import show_range, test_in_words


def state(now: Progress) -> str:
    criteria = f"{now.decided} of {now.criteria} criteria decided"
    return f"{criteria}, {now.open} {'question' if now.open == 1 else 'questions'} at most"


def wording(trial: Trial, question: Question) -> str:
    """A question, what can be chosen from, and how to answer."""
    if question.card is not None:
        heading = trial.cards[question.card]
        choices = [
            f"{one.label}{f' ({one.examples})' if one.examples else ''}"
            for one in question.elements
        ]
        how = "(numbers such as 1 3, 0 for none, u for unknown)"
        return "\n".join([heading, *_numbered(choices), how])
    element = question.elements[0]
    return "\n".join([element.ask, *_numbered(element.choices.values()), _form(trial, element)])


def _numbered(texts: Iterable[str]) -> Iterator[str]:
    return (f"  {n}  {text}" for n, text in enumerate(texts, 1))


def _form(trial: Trial, element: Element) -> str:
    """How an answer is written."""
    match element.type:
        case "boolean":
            return "(yes, no or u)"
        case "choice":
            return "(a number, or u)"
        case "date":
            ago = "" if is_long_ago(trial, element) else ", such as 3 months ago"
            return f"(YYYY-MM-DD, YYYY-MM, YYYY{ago}, or u)"
        case _:
            units = ", ".join(filter(None, map(trial.unit_text, element.accepts)))
            return f"({show_range(trial, element)}{f'; also in {units}' if units else ''}; or u)"


# Why it is asked.


def explanation(book: Book, question: Question) -> Iterator[str]:
    """The open criteria word for word, help, and what an answer would decide."""
    trial = book.trial
    names = {element.name for element in question.elements}
    listed = all(map(_answers_of, question.elements))
    for finding in book.screening.findings:
        rule = finding.criterion.rule
        if not finding.met.known and not names.isdisjoint(trial.elements_behind(rule)):
            yield f"\n{finding.criterion.id}: {finding.criterion.text}"
            for test in trial.reached(rule):
                used = elements_of_test(test)
                behind = {n for name in used for n in trial.sources_of(name)}
                if not listed and names & {*used, *behind}:
                    yield f"  depends on: {_dependence(trial, test)}"
    for element in question.elements:
        yield f"\n{element.label}{f': {element.help}' if element.help else ''}"
        yield from _effects(book, element, all_of_them=question.card is None)
    if question.card is not None:
        none = book.effects((element, "no") for element in question.elements)
        yield f"\nnone of them: {none or 'decides nothing by itself'}"


def _dependence(trial: Trial, test: Test) -> str:
    if isinstance(test, Given):
        return f"whether the answer to '{trial.elements[test.element].label}' is known"
    return test_in_words(trial, test)


def _effects(book: Book, element: Element, *, all_of_them: bool) -> Iterator[str]:
    """What each answer would decide; on request, also those that decide nothing."""
    for text in _answers_of(element):
        effect = book.effects([(element, text)])
        if effect or all_of_them:
            yield f"  {text}: {effect or 'decides nothing by itself'}"


def _answers_of(element: Element) -> tuple[str, ...]:
    """The answers whose effect can be listed."""
    return ("yes", "no") if element.type == "boolean" else tuple(element.choices)
