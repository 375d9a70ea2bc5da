"""What `one_patient` has each build do: prints the processor microseconds, and what was found.

Run as a file, with the build on PYTHONPATH; it uses nothing that builds since 2026-11-29 lack.
"""

import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random
from re import DOTALL, findall
from statistics import median
from time import process_time
from types import SimpleNamespace
from typing import Any

from tests.bench import interview_latency
from tests.bench.log import fill, patients
from tests.tools.simulate import ON, columns
from trialscreen import InputError, Screening, load_trial, result, screen
from trialscreen.log import entry
from trialscreen.log.follow_up import rescreen
from trialscreen.log.store import open_log

TRIAL = load_trial()
SEED = 6
UNKNOWN = 0.05
TIMES = 5
LATER = date(2026, 12, 1)
Row = dict[str, Any]


def rows(count: int) -> list[Row]:
    """Simulated patients, with their answers as values of Python."""
    table = columns(TRIAL, count, SEED, unknown=UNKNOWN).to_dicts()
    return [
        {k: v for k, v in row.items() if v is not None and k in TRIAL.elements} for row in table
    ]


def told(screening: Screening) -> Any:
    findings = screening.findings
    return screening.verdict, [one.reasons for one in findings], [one.missing for one in findings]


def service(result: Callable[[Screening], Any]) -> Callable[[Row], Any]:
    """The web service of the how-to, without a socket; it answers with `result`."""
    page = Path("docs/how-to/python.md").read_text("utf-8")
    (code,) = findall(r"```python\n(import json\n.*?)```", page, DOTALL)
    names: dict[str, Any] = {"__name__": "service"}
    exec(compile(code, "service.py", "exec"), names)  # noqa: S102 - our own page
    names["trialscreen"] = SimpleNamespace(screen=screen, InputError=InputError, result=result)

    def ask(row: Row) -> Any:
        body = json.dumps({**row, "screening_date": ON}, default=str).encode()
        asked = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": len(body)}
        (answer,) = names["app"]({**asked, "wsgi.input": io.BytesIO(body)}, lambda *_: None)
        return answer

    return ask


WAYS: dict[str, Callable[[Row], Any]] = {
    "verdict": lambda row: screen(TRIAL, row, ON).verdict,
    "verdict, reasons, missing": lambda row: told(screen(TRIAL, row, ON)),
    "the whole JSON result": lambda row: result(screen(TRIAL, row, ON)),
    "service: verdict, reasons, missing": service(told),
    "service: the whole JSON result": service(result),
}


def micros(way: Callable[[Row], Any], some: list[Row]) -> tuple[float, Any]:
    for row in some:  # what is made once is not what a patient takes
        way(row)
    taken: list[float] = []
    for _ in range(TIMES):  # the median: what else the machine does falls upon some
        start = process_time()
        found = [way(row) for row in some]
        taken.append(process_time() - start)
    return median(taken) / len(some) * 1e6, found


def next_questions(interviews: int) -> float:
    """The 95th percentile of the time to the next question, of the largest trial of the tests."""
    setattr(time, "perf_counter", process_time)  # noqa: B010 - which it asks
    trial = interview_latency.large_trial(Random(0), TRIAL)
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(interviews):
            timed = interview_latency.Timed(Random(number), trial)
            timed.hold(Path(folder) / "answers.yaml")
            seconds += timed.seconds
    return sorted(seconds)[int(len(seconds) * 0.95)] * 1e6


def rescreened(entries: int) -> tuple[float, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.log"
        fill(path, entries, list(patients()))
        start = process_time()
        with open_log(path) as log:
            given: tuple[Any, ...] = (log.entries(), LATER)
            if hasattr(entry, "latest"):  # the build of 2026-11-29 finds the newest itself
                newest = entry.latest(log.entries(details=False))
                given = (newest, *given, lambda _: True)
            found = rescreen(TRIAL, *given)
        taken = process_time() - start
    outcomes = [(one.entry.subject, one.now and one.now.verdict, one.flips) for one in found]
    return taken / entries * 1e6, outcomes


def _alike(found: list[Any]) -> list[Any]:
    """What is told, however a service spaces its JSON, and in the words of whichever build."""
    answers = [json.loads(one) if isinstance(one, bytes) else one for one in found]
    return [(verdict, [*map(len, reasons)], missing) for verdict, reasons, missing in answers]


def main() -> None:
    patients_, entries, interviews = map(int, sys.argv[1:])
    some, taken, found = rows(patients_), dict[str, float](), dict[str, Any]()
    for name, way in WAYS.items():
        taken[name], found[name] = micros(way, some)
    name = "log rescreen, an entry"
    taken[name], found[name] = rescreened(entries)
    taken["next question, p95, 200 elements × 60 criteria"] = next_questions(interviews)
    same = {
        name: repr(_alike(one) if "reasons" in name else one)
        for name, one in found.items()
        if "JSON" not in name
    }
    print(json.dumps({"micros": taken, "found": sha256(repr(same).encode()).hexdigest()}))


if __name__ == "__main__":
    main()
