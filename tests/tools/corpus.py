"""Records what every command does, and compares another build with it, byte for byte.

    python -m tests.tools.corpus record FOLDER
    python -m tests.tools.corpus compare FOLDER [-x]

`tests/data/corpus.yaml` lists the runs. Each is done in a fresh folder, and its standard output,
standard error, exit codes and the files that it made or changed stand in FOLDER/NAME. To prove
that a change of the code changes nothing else: before it, or from a clone of the tag before it,
record (`--code CLONE` runs the code of another folder with the runs of this one); after it,
compare. What differs is printed as a short diff, and the exit code is 1.

The clock stands still and random ids are numbered (`tests/tools/clock.py`), so that sealed logs
are the same too. These alone are not compared as they are:

- the version of trialscreen, which changes with each release: it is 0.0.0;
- the paths of the run's folder and of the code: another one each time;
- Parquet, screening logs and workbooks: what they hold is, as text. How rows are grouped into
  pages says nothing to a reader, and bytes tell nobody what differs;
- what Spark and Java say of themselves, with the time, and the names of part files, which
  are random.

`--only PATTERN` takes the runs whose name matches; `--fresh-process` starts a process for each
command line instead of calling it in this one (slow: for what a process alone would show);
`--engines` adds the runs that start Spark. Interviews are always processes, in a terminal.
"""

import argparse
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from difflib import unified_diff
from itertools import chain, cycle, islice, repeat
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from tests.tools import clock, inputs
from tests.tools.readable import files_of, readable
from tests.tools.recipes import ROOT, Run, Step, runs

KEPT = ".inputs"
LINES = 30
PROMPT = r"\n(?:> |Answer: )"
PATIENCE = 20
"""Seconds to wait for a prompt."""
MOST_REPLIES = 150
"""Prompts that get the replies for all the rest; what then still asks is left."""
_SPARKS_OWN = re.compile(
    rb"[^\n]*\r"  # how far it is
    rb"|^(\d\d/\d\d/\d\d |WARNING|Using Spark|Setting default|To adjust|/|  require_)[^\n]*\n",
    re.MULTILINE,
)


class How(NamedTuple):
    """Whose code is run, where kept inputs are, and whether each command is a process."""

    code: Path
    kept: Path
    fresh: bool


def done(run: Run, how: How) -> dict[str, bytes]:
    """What a run writes, by name: `1.out`, `1.err` and `1.code` of its steps, and its files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "run"
        folder.mkdir()
        inputs.write(folder, run.files, how.kept)
        before = files_of(folder)
        found: dict[str, bytes] = {}
        for number, step in enumerate(run.steps, 1):
            code, out, err = _stepped(step, number, folder, how, in_process=not run.on_engine)
            found |= {f"{number}.code": b"%d\n" % code, f"{number}.out": out, f"{number}.err": err}
        after = files_of(folder)
        made = {one: content for one, content in after.items() if before.get(one) != content}
        found |= {
            f"files/{one}": readable(content) for one, content in made.items() if _is_compared(one)
        }
        found |= {f"files/{one}": b"(gone)\n" for one in before if one not in after}
    places = {str(folder): "FOLDER", str(how.code): "CODE", str(ROOT): "ROOT"}
    return {_plain(one): _placed(content, places) for one, content in found.items()}


def _placed(content: bytes, places: dict[str, str]) -> bytes:
    for path, word in places.items():
        content = content.replace(path.encode(), word.encode())
    return content


def _plain(name: str) -> str:
    return re.sub(r"part-(\d+)-[0-9a-f-]{36}", r"part-\1", name)


def _is_compared(name: str) -> bool:
    return not name.endswith(".crc")  # a checksum of bytes that are not compared


def _stepped(
    step: Step, number: int, folder: Path, how: How, *, in_process: bool
) -> tuple[int, bytes, bytes]:
    from tests.process import environment

    env = environment(**step.env)
    env["PYTHONPATH"] = os.pathsep.join([str(how.code), str(ROOT)])
    command = [sys.executable, "-m", "tests.tools.clock", str(number), *step.args]
    if step.replies or step.then:
        return _talked(step, command, folder, env)
    stdin = step.stdin if isinstance(step.stdin, bytes) else step.stdin.encode()
    if in_process and not how.fresh:
        from tests.in_process import called

        with clock.stopped(number):
            return called(list(step.args), stdin, folder, env)
    ran = subprocess.run(
        command, input=stdin, capture_output=True, cwd=folder, env=env, check=False
    )
    return (
        ran.returncode,
        ran.stdout,
        ran.stderr if in_process else _SPARKS_OWN.sub(b"", ran.stderr),
    )


def _talked(
    step: Step, command: list[str], folder: Path, env: dict[str, str]
) -> tuple[int, bytes, bytes]:
    """An interview; without line editing, whose echo depends on the moment of typing."""
    import pexpect

    env = {**env, "TERM": "dumb"}
    child = pexpect.spawn(
        command[0], command[1:], cwd=str(folder), env=env, dimensions=(60, 80), timeout=PATIENCE
    )
    child.delaybeforesend = None
    replies = chain(step.replies, islice(cycle(step.then), MOST_REPLIES), repeat("q", 9))
    shown = b""
    while child.expect([PROMPT, pexpect.EOF, pexpect.TIMEOUT]) == 0:
        shown += child.before + child.after
        reply = next(replies, None)
        if reply is None:  # it cannot be left
            break
        child.sendline("" if reply == "Enter" else reply)
    shown += child.before
    child.close()
    return child.exitstatus or 0, shown.replace(b"\r\n", b"\n"), b""


# What was recorded.


def _record(chosen: Sequence[Run], folder: Path, how: How) -> int:
    for run in chosen:
        for name, content in done(run, how).items():
            path = folder / run.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return 0


def _compare(chosen: Sequence[Run], folder: Path, how: How, *, first_only: bool) -> int:
    differing = 0
    for run in chosen:
        told = list(_differences(run.name, files_of(folder / run.name), done(run, how)))
        differing += bool(told)
        print(*told, sep="\n", end="\n" if told else "", flush=True)
        if told and first_only:
            break
    print(f"{differing} of {len(chosen)} runs differ")
    return differing


def _no_more(folder: Path) -> int:
    """How many runs were recorded, and are none any more."""
    names = {run.name for run in runs()}
    recorded = {path.parent.relative_to(folder).as_posix() for path in folder.rglob("1.code")}
    gone = sorted(recorded - names)
    for name in gone:
        print(f"{name}: was recorded, and is no run any more")
    return len(gone)


def _differences(run: str, old: dict[str, bytes], new: dict[str, bytes]) -> Iterator[str]:
    if not old:
        yield f"{run}: was not recorded"
        return
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            before, after = (_lines(one.get(name)) for one in (old, new))
            head = f"{run}/{name}"
            diff = unified_diff(before, after, f"{head} before", f"{head} after", "", "", 1, "")
            yield from (line[:300] for line in islice(diff, LINES))


def _lines(content: bytes | None) -> list[str]:
    if content is None:
        return ["(no such file)"]
    return content.decode("utf-8", "backslashreplace").split("\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.corpus")
    parser.add_argument("what", choices=("record", "compare", "list"))
    parser.add_argument("folder", type=Path, nargs="?", default=Path())
    parser.add_argument("-x", action="store_true", help="stop at the first run that differs")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="such as 'cohort/*'")
    parser.add_argument("--fresh-process", action="store_true", help="a process for each command")
    parser.add_argument("--engines", action="store_true", help="also what starts Spark")
    parser.add_argument("--code", type=Path, default=ROOT, help="the folder of the code to run")
    given = parser.parse_args(arguments)
    chosen = [
        run
        for run in runs()
        if fnmatch.fnmatch(run.name, given.only) and (given.engines or not run.on_engine)
    ]
    if given.what == "list":
        print(*(run.name for run in chosen), sep="\n")
        return 0
    if given.what == "record" and given.only == "*" and given.folder.exists():
        parser.error(f"{given.folder}: exists; record into a new folder")
    if given.what == "compare" and not given.folder.is_dir():
        parser.error(f"{given.folder}: there is no such folder")
    return _with_code(chosen, given)


def _with_code(chosen: Sequence[Run], given: argparse.Namespace) -> int:
    sys.path.insert(0, str(given.code.resolve()))
    clock.install()
    import trialscreen

    print(f"{len(chosen)} runs of {Path(trialscreen.__file__).parent}", flush=True)
    began = perf_counter()
    how = How(given.code.resolve(), given.folder.resolve() / KEPT, given.fresh_process)
    with ExitStack() as stack:
        if given.engines:
            from tests.engines import java

            stack.enter_context(java())
        if given.what == "record":
            for run in chosen:
                shutil.rmtree(given.folder / run.name, ignore_errors=True)
            code = _record(chosen, given.folder, how)
        else:
            differing = _compare(chosen, given.folder, how, first_only=given.x)
            code = int(differing + _no_more(given.folder) > 0)
    print(f"{perf_counter() - began:.0f} seconds")
    return code


if __name__ == "__main__":
    sys.exit(main())
