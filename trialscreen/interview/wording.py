"""What the interview says, and what a reply to a question means; texts in, texts out."""

from collections.abc import Iterable, Iterator

from trialscreen.errors import ValueProblem
from trialscreen.fact import Fact, is_exact
from trialscreen.interview.book import Book
from trialscreen.interview.plan import Progress, Question
from trialscreen.rule import elements_of_test
from trialscreen.text import shown
from trialscreen.trial import Element, Trial
from trialscreen.values import UNKNOWN
from trialscreen.words import show_fact, show_range, test_in_words

HELP_LINE = "u unknown, ? why, b back, r review, s save and leave, q leave"


# Questions.


def state(now: Progress) -> str:
    criteria = f"{now.decided} of {now.criteria} criteria decided"
    return f"{criteria}, {now.open} {'answer' if now.open == 1 else 'answers'} at most"


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
            return "(YYYY-MM-DD, YYYY-MM, YYYY, or such as 3 months ago)"
        case _:
            units = ", ".join(filter(None, map(trial.unit_text, element.accepts)))
            return f"({show_range(trial, element)}{f'; also in {units}' if units else ''})"


# Replies.


def texts_of(question: Question, reply: str) -> list[tuple[Element, str]]:
    """The answers that a reply means. Raises ValueProblem."""
    if not reply:
        raise ValueProblem("nothing was typed; u if it is not known")
    if question.card is not None:
        return _ticked(question, reply)
    element = question.elements[0]
    if reply == "u":
        return [(element, UNKNOWN)]
    names = list(element.choices)
    if names and reply.isdecimal():
        if not 1 <= int(reply) <= len(names):
            raise ValueProblem(f"{shown(reply)}; expected a number from 1 to {len(names)}, or u")
        return [(element, names[int(reply) - 1])]
    return [(element, reply)]


def _ticked(question: Question, reply: str) -> list[tuple[Element, str]]:
    if reply in ("u", UNKNOWN):
        return [(element, UNKNOWN) for element in question.elements]
    words = ["0"] if reply.casefold() == "none" else reply.replace(",", " ").split()
    most = len(question.elements)
    if not words or not all(word.isdecimal() and int(word) <= most for word in words):
        raise ValueProblem(f"{shown(reply)}; expected numbers from 1 to {most}, 0 for none, or u")
    numbers = set(map(int, words))
    if 0 in numbers and len(numbers) > 1:
        raise ValueProblem("0 means none of them, and stands alone")
    return [(one, "yes" if n in numbers else "no") for n, one in enumerate(question.elements, 1)]


def no_answer(reply: str, problem: ValueProblem) -> str:
    """What is wrong with a reply, in a line. A single letter was meant as a command."""
    if len(reply) == 1 and reply.isalpha():
        return f"{shown(reply)} is no answer here; {HELP_LINE}"
    return str(problem)


def read_back(trial: Trial, element: Element, reply: str, fact: Fact | None, on: str) -> str:
    """What was understood of an answer that says how long ago something was."""
    meant = show_fact(trial, element, fact)
    if not is_exact(fact) and " to " in meant:
        meant = f"between {meant.replace(' to ', ' and ')}"
    return f"{shown(reply)} is {meant}, counted from the screening date {on}"


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
                    yield f"  depends on: {test_in_words(trial, test)}"
    for element in question.elements:
        yield f"\n{element.label}{f': {element.help}' if element.help else ''}"
        for text in _answers_of(element):
            yield f"  {text}: {book.effects(element, text)}"


def _answers_of(element: Element) -> tuple[str, ...]:
    """The answers whose effect can be listed."""
    return ("yes", "no") if element.type == "boolean" else tuple(element.choices)


# Review.


def reviewed(book: Book) -> tuple[str, ...]:
    """The answered elements in the order of the review, which numbers them from 1."""
    trial = book.trial
    names = (e.name for s in trial.sections for e in trial.elements.values() if e.section == s.id)
    return tuple(name for name in names if name in book.entries)


def review(book: Book) -> Iterator[str]:
    """All answers by section, with their numbers; and those that nothing is found from."""
    trial, unused, section = book.trial, book.unused(), ""
    titles = {one.id: one.title for one in trial.sections}
    for n, name in enumerate(reviewed(book), 1):
        element = trial.elements[name]
        if element.section != section:
            section = element.section
            yield titles[section]
        shown_value = show_fact(trial, element, book.entries[name].fact)
        note = " (not used now)" if name in unused else ""
        yield f"  {n:3}  {element.label}: {shown_value}{note}"
    if unused:
        yield "Not used now: kept, but as things stand it changes no criterion."
    for name, entry in book.aside.items():
        yield f"Set aside: {labels(trial, (name,))} {entry.text}. It is kept, and not used."


def labels(trial: Trial, names: Iterable[str]) -> str:
    return ", ".join(trial.elements[name].label for name in names)


def earlier_unknown(book: Book) -> Iterator[str]:
    """Which of the answers so far are "unknown", for they are not asked again."""
    names = [name for name, one in book.entries.items() if one.fact is None]
    if names:
        told = labels(book.trial, names)
        yield f"Answered unknown, and not asked again (r changes an answer): {told}"


def other_versions(book: Book) -> Iterator[str]:
    """That answers were taken under another version of the criteria file, and which."""
    names = book.of_other_versions()
    if not names:
        return
    told = (
        f"  {book.trial.elements[name].label}:"
        f" {book.entries[name].notes.get('answered', 'no date')},"
        f" criteria {book.entries[name].notes['criteria']}"
        for name in names
    )
    yield "The criteria file has changed since these answers were taken. They are used as they are:"
    yield from told
    yield "r reviews them."
