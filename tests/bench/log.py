"""What a log costs as it grows: `python -m tests.bench.log [ENTRIES]`, 100,000 without a number.

Prints the size, what adding an entry takes at several lengths (on the disk each time),
and listing, verifying and exporting all. The floor of verifying reads the file and hashes
the same bytes (SHA-256), with nothing else done. Medians of five; in turn.
"""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.logs import ON, TOOL, TRIAL, begun
from trialscreen import screen
from trialscreen.answers.answer import Answer
from trialscreen.answers.answers_file import read_answers
from trialscreen.log.entry import ScreeningEntry, recorded
from trialscreen.log.store import open_log
from trialscreen.log.verify import verify

PATIENTS = [Path(f"docs/patients/{kind}.yaml") for kind in ("eligible", "ineligible_washout")]
TIMES = 5


def patients() -> Iterator[ScreeningEntry]:
    """The example patients, with everything that was answered for them."""
    for path in PATIENTS:
        answers = read_answers(str(path), [])
        answers.pop("screening_date", None)
        consented = {name: one.text for name, one in answers.items()}
        consented["informed_consent_signed"] = "yes"
        given = {name: Answer(text, "file") for name, text in consented.items()}
        yield recorded(screen(TRIAL, consented, ON), given, "S-1")


def seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def fill(path: Path, count: int, some: list[ScreeningEntry]) -> None:
    """Adds so many, without waiting for the disk."""
    with begun(path) as log:
        log._connection.execute("PRAGMA synchronous = OFF")
        for number in range(count):
            log.append(some[number % len(some)]._replace(subject=f"S-{number}"), "JW", TOOL)


def append(path: Path, some: list[ScreeningEntry]) -> None:
    with begun(path) as log:
        log.append(some[0], "JW", TOOL)


def floor(path: Path) -> None:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)


def listed(path: Path) -> None:
    with open_log(path) as log:
        assert sum(1 for _ in log.entries(details=False)) > 0


def command(*arguments: str) -> Callable[[], object]:
    whole = (sys.executable, "-m", "trialscreen", "log", *arguments)
    return lambda: subprocess.run(whole, check=True, capture_output=True)


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    some = list(patients())
    with TemporaryDirectory() as folder:
        path, done = Path(folder) / "site.log", 0
        for length in (100, entries // 100, entries // 10, entries):
            fill(path, length - done, some)
            done = length + 2 * TIMES
            times = [seconds(lambda: append(path, some)) for _ in range(2 * TIMES)]
            print(f"append at {length:,} entries: {median(times) * 1000:.1f} ms")
        print(f"{path.stat().st_size / 1e6:,.0f} MB, {len(some)} different patients")
        steps = {
            "floor: read and hash": lambda: floor(path),
            "verify": lambda: verify(path),
            "list, as a function": lambda: listed(path),
            "log verify": command("verify", str(path)),
            "log export": command("export", str(path), "-o", str(Path(folder) / "log.csv")),
            "log list --format csv": command("list", str(path), "--format", "csv"),
        }
        times_of: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(TIMES):
            for name, step in steps.items():
                times_of[name].append(seconds(step))
        floors = times_of["floor: read and hash"]
        for name, times in times_of.items():
            ratio = median(a / b for a, b in zip(times, floors, strict=True))
            print(f"{name}: {median(times):.2f} s, {ratio:.2f} x the floor")


if __name__ == "__main__":
    main()
