"""The time between an answer and the next question, over whole simulated interviews.

`python -m tests.bench.interview_latency [INTERVIEWS]` measures, in the process, all that
stands between the two: the answer is read and screened, checked for what is unusual and
for a certain exclusion, written to a file, and the next question is found, with its
progress and its text. The trials are the packaged one, and the largest of the tests: made
here from `LARGE`.
"""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.generate import ON, random_rule, random_world
from tests.test_book import text_of
from trialscreen import Trial, load_trial
from trialscreen.answers.interview.autosave import AnswersFile, Keeper
from trialscreen.answers.interview.console import Console, Leave
from trialscreen.answers.interview.questions import texts_of
from trialscreen.answers.interview.session import Session
from trialscreen.answers.interview.state import State
from trialscreen.model.errors import ValueProblem
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element
from trialscreen.screening.screen import screen

LARGE = (200, 60)
"""Elements and criteria of the largest trial."""

GOAL = 50
"""Milliseconds at the 95th percentile."""


def large_trial(rng: Random, base: Trial) -> Trial:
    """A trial of the size of `LARGE`: copies of the base's elements, and random rules on them."""
    count, criteria = LARGE
    plain = [e for e in base.answerable() if e.derive is None and e.valid_if is None]
    plain = [element for element in plain if element.name != SCREENING_DATE]
    copies: dict[str, Element] = {SCREENING_DATE: base.elements[SCREENING_DATE]}
    for n in range(count):
        name = f"{plain[n % len(plain)].name}_{n}"
        copies[name] = replace(plain[n % len(plain)], name=name, label=name, card=None)
    made = tuple(
        Criterion(f"E{n}", "exclusion", f"{n}", f"{n}", random_rule(rng, copies, depth=4))
        for n in range(criteria)
    )
    return replace(base, elements=copies, criteria=made, checks=())


class Timed:
    """A terminal that answers from a world, and times each answer to the next question."""

    def __init__(self, rng: Random, trial: Trial) -> None:
        self.rng, self.trial = rng, trial
        self.world = random_world(rng, trial)
        self.seconds: list[float] = []
        self.since: float | None = None
        self.shown = ""

    def hold(self, path: Path) -> None:
        state, keeper = State(screen(self.trial, {}, ON)), Keeper(AnswersFile(path))
        self.session = Session(state, Console(self._read, self._write), keeper)
        try:
            self.session.run()
        except Leave:
            pass
        finally:
            keeper.close()
            path.unlink()

    def _write(self, text: str) -> None:
        self.shown += text + "\n"

    def _read(self) -> str:
        """The next reply; only replies to questions are timed, up to the prompt after them."""
        now = time.perf_counter()
        if self.since is not None:
            self.seconds.append(now - self.since)
        reply = self._reply()
        self.shown, self.since = "", time.perf_counter()
        return reply

    def _reply(self) -> str:
        if "Is this right?" in self.shown or "set aside" in self.shown:
            return "y"
        if "The result is certain." in self.shown:
            return "g"
        if "A number changes that answer" in self.shown:
            raise EOFError
        question = self.session._next()
        assert question is not None
        if question.card is not None or self.rng.random() < 0.1:
            return "u"
        element = question.elements[0]
        reply = text_of(element, self.world[element.name]) if element.name in self.world else "u"
        try:
            texts_of(self.session.state.trial, question, reply)
        except ValueProblem:
            return "u"
        return reply


def main() -> None:
    interviews = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    packaged = load_trial()
    trials = {
        "packaged NCT06949137": packaged,
        f"{LARGE[0]} elements, {LARGE[1]} criteria": large_trial(Random(0), packaged),
    }
    print(f"{'trial':28} {'answers':>8} {'p50':>7} {'p95':>7} {'max':>7} {'goal p95':>9}  (ms)")
    for name, trial in trials.items():
        seconds: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            for n in range(interviews):
                timed = Timed(Random(n), trial)
                timed.hold(Path(folder) / "answers.yaml")
                seconds += timed.seconds
        taken = sorted(1000 * one for one in seconds)
        p50, p95 = (taken[int(len(taken) * part)] for part in (0.5, 0.95))
        print(f"{name:28} {len(taken):8} {p50:7.1f} {p95:7.1f} {taken[-1]:7.1f} {GOAL:9}")


if __name__ == "__main__":
    main()
