"""The state of an interview: its answers in the order given, and the resulting screening."""

from collections.abc import Iterable, Mapping

from trialscreen.answers.answer import Answer, Answers, Key, of_another_version
from trialscreen.answers.beside_record import evidence_beside, of_the_same_result
from trialscreen.answers.sampled import read_samples, told_apart
from trialscreen.answers.values import read_value
from trialscreen.model.errors import InputError, Problem, ValueProblem
from trialscreen.model.facts import Fact
from trialscreen.model.limits import limits_by_value
from trialscreen.model.trial import SCREENING_DATE, Element
from trialscreen.screening.edit_checks import contradicted
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.explain import in_use
from trialscreen.screening.screen import Screening, screen

INTERVIEW = "the interview"
"""Where an answer was given that stood neither in a flag nor in a file."""


class ContradictingAnswer(ValueProblem):
    """An answer that cannot be right; together with the answers to `others`, if there are any."""

    def __init__(self, error: InputError, others: tuple[str, ...] = ()) -> None:
        super().__init__("; ".join(problem.message for problem in error.problems))
        self.others = others


class State:
    """What was answered and what it comes to. A change is made whole or, at a contradiction, not.

    `set_aside` are answers that were kept when another one contradicted them. Nothing is
    found from them, and what they answered can be asked again. `notes` stand beside each
    answer that is taken from now on.
    """

    def __init__(
        self,
        start: Screening,
        answers: Mapping[str, Answer] = {},
        set_aside: Mapping[str, Answer] = {},
        notes: Mapping[str, str] = {},
    ) -> None:
        """`start` is what `answers` came to."""
        self.trial, self.on, self.screening = start.trial, start.on, start
        self.answers, self.set_aside, self.notes = dict(answers), dict(set_aside), notes

    def answer(self, texts: Iterable[tuple[Element, str]], set_aside: Iterable[str] = ()) -> None:
        """Takes answers, and sets others aside.

        Raises ValueProblem if one cannot be read, ContradictingAnswer if it contradicts another.
        """
        answers, aside, facts = dict(self.answers), dict(self.set_aside), dict(self.screening.facts)
        for name in set_aside:
            facts.pop(name, None)
            aside[name] = answers.pop(name).set_aside()
        answered = set()
        for element, text in texts:
            answer, fact = self._read(element, text)
            waited = self.answers.get(element.name, answer)
            if answer.is_pending and waited.is_pending and Key.AWAITED_SINCE not in answer.notes:
                answer = waited
            for before in (answers, aside, facts):
                before.pop(element.name, None)
            answers[element.name] = answer
            if fact is not None:
                facts[element.name] = fact
                for limit in self._of_other_reports(element, answers):
                    del answers[limit]
                    facts.pop(limit, None)
            answered.add(element.name)
        samples = read_samples(self.trial, answers, self.on, [])
        evidence = self.screening.evidence
        if evidence:
            evidence = evidence_beside(self.trial, evidence, answers, self.on)
        try:
            self.screening = screen(self.trial, facts, self.on, samples, evidence)
        except InputError as error:
            notices = contradicted(Evaluation(self.trial, facts, self.on))
            at_fault = {name for one in notices for name in one.elements} - answered
            others = tuple(name for name in facts if name in at_fault)
            raise ContradictingAnswer(error, others) from None
        self.answers, self.set_aside = answers, aside

    def _of_other_reports(self, own: Element, answers: Answers) -> list[str]:
        """The site's other limits of the value; what the record gives by another result of it."""
        limits = limits_by_value(self.trial).values()
        of_site = {name for roles in limits if own.name in roles for name in roles}
        of_record = of_the_same_result(self.trial, self.screening.evidence, {own.name})
        return [
            name
            for name in (of_site | of_record) - {own.name}
            if name in answers and answers[name].by == ("record" if name in of_record else "site")
        ]

    def _read(self, element: Element, text: str) -> tuple[Answer, Fact | None]:
        """An answer as it is kept, and the fact that it states. Raises ValueProblem."""
        problems: list[Problem] = []
        name, given = element.name, Answer(text, "interview", INTERVIEW, self.notes)
        answer = told_apart(self.trial, {name: given}, problems)[name]
        fact = read_value(self.trial, element, answer.text, self.on)
        read_samples(self.trial, {name: answer}, self.on, problems)
        if problems:
            raise ValueProblem(problems[0].message)
        return answer, fact

    def unused(self) -> tuple[str, ...]:
        """The answers without which every finding would be the same, all of them left out."""
        used = frozenset().union(*(in_use(finding.trace) for finding in self.screening.findings))
        return tuple(name for name in self.screening.facts if name not in used)

    def of_other_versions(self) -> tuple[str, ...]:
        """The answers that were taken under another version of the criteria file."""
        answers = self.answers.items()
        return tuple(name for name, one in answers if of_another_version(self.trial, one.notes))

    def unusual(self, texts: Iterable[tuple[Element, str]]) -> str | None:
        """The warning that these answers would bring by themselves; None if there is none.

        Raises ContradictingAnswer if they cannot be right, whatever the other answers are.
        """
        read = {element.name: self._read(element, text)[1] for element, text in texts}
        facts = {name: fact for name, fact in read.items() if fact is not None}
        if not facts:
            return None
        try:
            notices = screen(self.trial, facts, self.on).notices
        except InputError as error:
            raise ContradictingAnswer(error) from None
        warnings = (one for one in notices if one.level == "warning")
        return next((one.message for one in warnings if SCREENING_DATE not in one.elements), None)

    def effects(self, texts: Iterable[tuple[Element, str]]) -> str:
        """What answers would decide, in a few words; empty if it is nothing."""
        facts = dict(self.screening.facts)
        for element, text in texts:
            fact = self._read(element, text)[1]
            if fact is not None:
                facts[element.name] = fact
        try:
            after = screen(self.trial, facts, self.on)
        except InputError:
            return "contradicts another answer"
        return ", ".join(
            f"{new.criterion.id} {'fails' if new in after.failing else 'passes'}"
            for old, new in zip(self.screening.findings, after.findings, strict=True)
            if new.passes is not old.passes and new.passes is not None
        )
