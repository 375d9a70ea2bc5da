"""Runs the interview: asks questions line by line until nothing that matters is open.

Questions go to standard error, so that standard output contains the result only. Each answer is
one line; a few letters are commands (`HELP_LINE`).
"""

from collections.abc import Iterable, Iterator, Mapping

from trialscreen.answers.answer import Key
from trialscreen.answers.beside_record import says_yes
from trialscreen.answers.interview import questions, reviewing
from trialscreen.answers.interview.autosave import Keeper
from trialscreen.answers.interview.console import HELP_LINE, Console, Leave
from trialscreen.answers.interview.ordering import Question, doubtful, next_question, uncounted
from trialscreen.answers.interview.state import ContradictingAnswer, State
from trialscreen.answers.values import PENDING_WORD, UNKNOWN_WORD, in_dates, read_value
from trialscreen.model.errors import InputError, ValueProblem
from trialscreen.model.trial import SOURCES, Element, Source
from trialscreen.screening.explain import does_not_count, label_list
from trialscreen.screening.finding import UNCONFIRMED, Finding, on_readings
from trialscreen.text.characters import count_of, folded, shown

_RIGHT = "y takes the answer as it is; n or b asks the question again."
_DESPITE = "y takes the no, and the record's yes is not used; n or b asks the question again."
_ASIDE = "y takes the new answer and keeps the other unused; n or b asks the question again."
_CERTAIN = "The result is certain."
_STOP_OR_GO_ON = (
    "Enter stops here; g goes on to complete the record; b asks the previous question again."
)
_SAVE = "File to save the answers in (Enter: do not save):"
_KEEP = "Nothing is saved. To keep the answers, name a file for them (Enter: forget them):"
_NO = ("n", "no", "q")
_WHY_STOP = "No other answer changes the result. r reviews the answers, s or q leaves."
_REVIEW = "A number changes that answer; r shows all; Enter goes on."
_WHY_REVIEW = "The number before an answer asks it again; s or q leaves, and the rest stays open."


class Session:
    """One interview: asks until nothing more can matter, or the user leaves (`Leave`)."""

    def __init__(
        self,
        state: State,
        console: Console,
        keeper: Keeper,
        sources: tuple[Source, ...] = SOURCES,
        *,
        quick: bool = False,
    ) -> None:
        self.state, self.console, self.keeper = state, console, keeper
        self.sources, self.quick = sources, quick
        self.before = dict(state.answers)
        self.history: list[tuple[str, ...]] = []
        self.announced: set[str] = set()
        self.void: set[str] = set()
        """The elements of which it is told that no value counts."""
        self.rests = False
        self.stopped = False
        self.section = ""
        self.others = set(reviewing.of_other_sources(state, sources))
        """Answered unknown by others than can be asked now, and so asked again."""
        self.awaited = {one.element for one in state.screening.awaited} | reviewing.not_yet(state)
        """Awaited since before this session, and so asked first."""

    def run(self) -> None:
        """The whole conversation, up to the review."""
        try:
            self._converse()
        except Leave as leave:
            if leave.to_save:
                self._save_somewhere(_SAVE)
            elif not leave.ended and self.state.answers != self.before:
                self._save_somewhere(_KEEP)
            raise
        except KeyboardInterrupt as end:
            if type(end) is KeyboardInterrupt and self.state.answers != self.before:  # by its key
                self._save_somewhere("", _KEEP)
            raise

    def _converse(self) -> None:
        say = self.console.say
        say(*reviewing.opening(self.state, self.others, self.awaited, self.sources))
        say(f"Screening date: {self.state.on}")
        say(f"Commands: {HELP_LINE}. Press Enter after each answer.")
        self._announce()
        of = "" if self.sources == SOURCES else f" of these sources ({', '.join(self.sources)})"
        while True:
            while (question := self._next()) is not None:
                self._ask(question)
                self._announce()
            say("" if self.stopped else f"\nNothing more to ask{of}.", "The answers:")
            self._review()
            self.stopped = self.stopped and bool(self._certain())
            if self._next() is None:
                return

    def _save_somewhere(self, *asked: str) -> None:
        """Asks for a file if there is none yet, so that nothing is lost without being told."""
        if self.keeper.kept_in is not None:
            return
        while (name := self.console.line(*asked)) and folded(name) not in _NO:
            if len(name) == 1:
                self.console.say(f"{shown(name)} is not a file name; S-014.yaml would be one")
                continue
            try:
                self.keeper.into(name, self.state)
            except InputError as error:
                self.console.say(str(error.problems[0]))
            else:
                return

    # Questions.

    def _next(self) -> Question | None:
        if self.stopped:
            return None
        now, closed = self.state.screening, self.state.answers.keys() - self.others - self.awaited
        return next_question(now, closed, self.sources, quick=self.quick, before=self.awaited)

    def _ask(self, question: Question) -> None:
        """Asks under a heading: the section when it changes, how far we are, what is known."""
        trial, element = self.state.trial, question.elements[0]
        if element.section != self.section:
            self.section = element.section
            title = next(s.title for s in trial.sections if s.id == element.section)
            self.console.say(f"\nSection: {title}")
        findings = self.state.screening.findings
        decided = sum(finding.met is not None for finding in findings)
        left = count_of(question.left, "question")
        self.console.say(f"\n[{decided} of {len(findings)} criteria decided, {left} at most]")
        self.console.say(*reviewing.known_of(self.state, question.elements))
        self._say_who_may_know(element)
        if command := self._answered(question):
            self._go(command)
        else:
            names = tuple(element.name for element in question.elements)
            self.history.append(names)
            self.others.difference_update(names)
            self.awaited.difference_update(names)

    def _say_who_may_know(self, element: Element) -> None:
        """Says who is asked, where the others could not tell whether there is anything to know."""
        gate = doubtful(self.state.screening, self.state.answers.keys(), element.name)
        others = [one for one in element.sources if gate and one not in gate.sources]
        if gate and 0 < len(others) < len(element.sources):
            of = " or the ".join(others)
            self.console.say(f"{gate.label} is not known, so this is for the {of} alone:")

    def _answered(self, question: Question, *more: str) -> str:
        """Asks until an answer is taken; else the command: `b`, `r`, or Enter, with `more` said."""
        commands = ("", "b", "r") if more else ("b", "r")
        while True:
            reply = self.console.ask(questions.wording(self.state.trial, question), *more)
            if reply in commands:
                return reply or "enter"
            if reply == "?":
                self.console.say(*questions.explanation(self.state, question), "")
            elif self._take(question, reply):
                return ""

    def _ask_again(self, question: Question) -> str:
        """Only a new answer replaces the old; says what is not used any more because of it."""
        before, was = self.state.unused(), []
        for one in question.elements:
            label = "" if question.card is None else f"{one.label} "
            was.append(f"{label}{reviewing.as_given(self.state, one.name)}")
        command = self._answered(question, f"It was: {', '.join(was)}. Enter keeps it.")
        if now := [name for name in self.state.unused() if name not in before]:
            listed = label_list(self.state.trial, now)
            self.console.say(f"Kept, but not used any more, because of this change: {listed}")
        return command

    def _go(self, command: str) -> None:
        """Back or to the review, if that was the command; the next section has its title anew."""
        if command in ("b", "r"):
            self.section = ""
            self._back() if command == "b" else self._review()

    def _back(self) -> None:
        """Asks the previous question again, and with `b` the one before that."""
        for names in reversed(self.history):
            elements = tuple(self.state.trial.elements[n] for n in names if n in self.state.answers)
            if not elements:
                continue
            self.console.say("")
            command = self._ask_again(Question(elements))
            if command == "r":
                self._review()
            if command != "b":
                return
        self.console.say("\nThis is the first question of this session; r shows earlier answers.")

    # Answers.

    def _take(self, question: Question, reply: str) -> bool:
        """Takes an answer; or says in one line what is wrong with it, and returns False."""
        on = self.state.on
        try:
            texts = questions.texts_of(self.state.trial, question, reply)
            together = [texts] if question.card is not None else [[one] for one in texts]
            if not all(map(self._confirmed, together)):
                return False
            texts = [(one, in_dates(one, text, on)) for one, text in texts]
            stood_by = self._stood_by(texts)
            names = [one.name for one, _ in texts] if len(texts) > 1 else []
            given = [name for name in names if name in self.state.answers]
            before = {name: reviewing.as_given(self.state, name) for name in given}
            if stood_by is None or not self._written_down(stood_by):
                return False
        except ValueProblem as problem:
            self.console.say(questions.no_answer(self.state.trial, question, reply, problem))
            return False
        if question.card is None and len(texts) > 1:
            self.console.say(f"Taken: {', '.join(self._taken(texts, before))}.")
        self.keeper.save(self.state)
        if self.keeper.problem:
            self.console.say(f"NOT SAVED: {self.keeper.problem}. Tried again at the next answer.")
        return True

    def _taken(self, texts: list[tuple[Element, str]], before: Mapping[str, str]) -> Iterator[str]:
        """Each of some answers as it is understood, and what it replaces."""
        for element, _ in texts:
            now = reviewing.as_given(self.state, element.name)
            was = before.get(element.name, now)
            is_another = was not in (now, UNKNOWN_WORD, PENDING_WORD)
            replaced = f", which replaces {was}" if is_another else ""
            yield f"{element.label} {now}{replaced}"

    def _confirmed(self, texts: list[tuple[Element, str]]) -> bool:
        """Reads back what is unusual, on a list also together; and what was not said as a date."""
        state = self.state
        dated = [(element, in_dates(element, text, state.on)) for element, text in texts]
        told = ""
        for (element, text), (_, dates) in zip(texts, dated, strict=True):
            if dates != text:
                fact = read_value(state.trial, element, dates, state.on)
                told = f"{questions.read_back(element, text, fact, str(state.on))}. "
        if (warning := state.unusual(dated)) is not None:
            told += f"{warning.rstrip('.')}. "
        return not told or self.console.yes(f"{told}Is this right?", _RIGHT)

    def _stood_by(self, texts: list[tuple[Element, str]]) -> list[tuple[Element, str]] | None:
        """The answers, a no with the yes of the record it stands against; None if it is not to."""
        found, evidence = [], self.state.screening.evidence
        for element, text in texts:
            places = says_yes(evidence, element.name)
            if places and text == "no":
                self.console.say(*reviewing.record_lines(self.state, (element,)))
                question = f"{element.label}: the record says yes. Is it no all the same?"
                if not self.console.yes(question, _DESPITE):
                    return None
            found.append((element, _despite(text, places)))
        return found

    def _written_down(self, texts: list[tuple[Element, str]]) -> bool:
        """Takes answers. What one of them contradicts is set aside, if the user wants it."""
        try:
            self.state.answer(texts)
        except ContradictingAnswer as problem:
            if not problem.others:
                raise
            others = label_list(self.state.trial, problem.others)
            question = f"{str(problem).rstrip('.')}. Keep the new answer, and set aside {others}?"
            if not self.console.yes(question, _ASIDE):
                return False
            given = self.state.answers
            places = [given[n].where for n in problem.others if given[n].by == "record"]
            despite = [(one, _despite(text, places)) for one, text in texts]
            self.state.answer(despite, problem.others)
            self.console.say(f"Set aside, kept but not used: {others}")
        return True

    # What follows at once.

    def _announce(self) -> None:
        self._announce_uncounted()
        self._announce_exclusions()

    def _announce_uncounted(self) -> None:
        """Of which elements no value counts, and what is needed instead, each once."""
        found = uncounted(self.state.screening, self.state.answers.keys())
        news = [one for one in found if one.element.name not in self.void]
        self.void = {one.element.name for one in found}
        if news:
            self.console.say("", *map(does_not_count, news))

    def _certain(self) -> dict[str, Finding]:
        """The criteria that exclude, whatever else is answered."""
        return {one.criterion.id: one for one in self.state.screening.failing}

    def _announce_exclusions(self) -> None:
        """What excludes, why and until when, each once.

        After the first, whether to go on; and again once it rests on no unclear text any more.
        """
        certain, rested = self._certain(), self.rests
        self.announced &= certain.keys()  # one that does not stand any more would be news again
        self.rests = bool(self.state.screening.unconfirmed)
        first = not self.announced or (rested and not self.rests)
        for name, finding in certain.items():
            if name not in self.announced:
                self._announce_exclusion(finding)
        self.announced |= certain.keys()
        if certain and first:
            self._stop_or_go_on()

    def _announce_exclusion(self, finding: Finding) -> None:
        criterion, rests_on = finding.criterion, finding.rests_on
        excludes = ", ".join(("this excludes", *on_readings(finding.unconfirmed)))
        deciding = [self.state.trial.elements[name] for name in rests_on]
        self.console.say(
            f"\n{criterion.id} {criterion.label}: {excludes}.",
            *(f"  {reason}" for reason in finding.reasons),
            *(f"  {line}" for line in reviewing.record_lines(self.state, deciding)),
            *(f"  {line}" for line in reviewing.to_confirm(self.state, rests_on)),
        )
        if finding.clears_on is not None:
            self.console.say(f"  clears on {finding.clears_on}")

    def _stop_or_go_on(self) -> None:
        replies = {"": "stop", "g": "go on", "b": "b", "r": "r"}
        wanted = "Enter, g, b, or r to review"
        known = f"The patient is ineligible {UNCONFIRMED}." if self.rests else _CERTAIN
        asked = f"{known} {_STOP_OR_GO_ON}"
        reply = self.console.choose(asked, replies, wanted, _WHY_STOP)
        self.stopped = reply == "stop"
        if reply in ("b", "r"):
            self._go(reply)
            self.announced.clear()
            self._announce_exclusions()

    # Review.

    def _review(self) -> None:
        """All answers, numbered; a number asks that one again, Enter (or b) goes on."""
        self.console.say(*reviewing.review(self.state))
        while (reply := self.console.ask(_REVIEW)) not in ("", "b"):
            names = reviewing.reviewed(self.state)
            if reply == "r":
                self.console.say(*reviewing.review(self.state))
            elif reply == "?":
                self.console.say(_WHY_REVIEW)
            elif 1 <= (number := questions.number_of(reply)) <= len(names):
                self._change(number, names)
            else:
                wanted = f"a number from 1 to {len(names)}, r, or Enter" if names else "Enter"
                self.console.say(f"{shown(reply)}; expected {wanted}")

    def _change(self, number: int, names: tuple[str, ...]) -> None:
        """Asks an answered question again; shows its answer, or all if the numbers changed."""
        name = names[number - 1]
        self._ask_again(Question((self.state.trial.elements[name],)))
        self.announced &= self._certain().keys()
        if reviewing.reviewed(self.state) == names:
            self.console.say(reviewing.answer_line(self.state, number, name))
        else:
            self.console.say(*reviewing.review(self.state))


def _despite(text: str, places: Iterable[str]) -> str:
    """A no, with the places in a record that it is said despite."""
    said, _, before = text.partition(f" {Key.DESPITE} ")
    named = dict.fromkeys([*filter(None, before.split(", ")), *places])
    return f"no {Key.DESPITE} {', '.join(named)}" if named and said == "no" else text
