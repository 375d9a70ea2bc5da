"""`demo`: screens the packaged example patients, showing each command as one would type it."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from trialscreen.cli import options
from trialscreen.cli.app import CRITERIA_VARIABLE, app
from trialscreen.cli.parameters import argument
from trialscreen.model.errors import refuse
from trialscreen.text.characters import printable, wrapped
from trialscreen.text.text_files import packaged, write_whole, writing

WASHOUT = "ineligible_washout.yaml"
LOG = ("--log", "site.log", "--by", "DEMO", "--subject")


class Step(NamedTuple):
    """A command line, what it demonstrates, and the file that it writes, if any."""

    line: tuple[str, ...]
    text: str
    writes: str = ""


PAGES = (
    Step(("criteria", "E8"), "A criterion: word for word, its rule, and how it was read."),
    Step(("screen", "eligible.yaml"), "Everything is known, and nothing excludes."),
    Step(("screen", WASHOUT), "A washout runs; the result names the day on which it ends."),
    Step(
        ("screen", "--rescreen", WASHOUT, "--screening-date", "2026-11-19"),
        "The same answers on that day: eligible, with values that are old by then.",
    ),
    Step(("screen", "ineligible_lab.yaml"), "A laboratory value excludes."),
    Step(("screen", "undetermined.yaml"), "Much is unknown; what is needed, and from whom."),
    Step(
        ("screen", "bad_input.yaml"), "Mistakes are reported all at once, and nobody is screened."
    ),
)
FILES = (
    Step(("report", WASHOUT, "-o", "record.html"), "The record to sign.", "record.html"),
    Step(("report", "--blank", "-o", "paper.html"), "The questions, on paper.", "paper.html"),
    Step(("screen", "eligible.yaml", *LOG, "S-001"), "A screening, for the log.", "site.log"),
    Step(("screen", WASHOUT, *LOG, "S-002"), "Another one."),
    Step(("log", "list", "site.log"), "The log."),
    Step(("log", "due", "site.log"), "Who is to be screened again, and when."),
    Step(("log", "verify", "site.log"), "Whether the log is as it was written."),
)


def demo(
    folder: Path | None = argument("FOLDER", "Also write pages and a log, into this folder."),
) -> None:
    """Screen the example patients of the packaged trial, page by page. Nobody real.

    In a terminal it waits after each page. It writes into FOLDER alone, and only new files;
    without one, nothing at all. Exit code: 0.
    """
    patients = packaged(__file__, "patients", "docs/patients")
    if folder is not None:
        _prepare(folder, patients)
        patients = folder
    steps = PAGES if folder is None else PAGES + FILES
    with _without_settings():
        for number, step in enumerate(steps, start=1):
            caption = f"[{number} of {len(steps)}] {step.text}"
            columns = shutil.get_terminal_size().columns
            sys.stdout.write(f"\n{wrapped(caption, columns)}\n")
            sys.stdout.write(f"$ {shlex.join(('trialscreen', *_words(step, folder)))}\n\n")
            sys.stdout.flush()
            with suppress(SystemExit):  # a command ends with its verdict
                app(_words(step, patients), prog_name="trialscreen")
            sys.stdout.flush()
            if number < len(steps) and not _goes_on():
                return
    if folder is not None:
        written = [one.writes for one in steps if one.writes]
        sys.stdout.write(f"\nIn {printable(str(folder))}: {', '.join(written)}, the patients.\n")


def _prepare(folder: Path, patients: Path) -> None:
    """Copies the patients into the folder. Raises InputError if a file exists already."""
    name = printable(str(folder))
    files = {one.name: one.read_text(encoding="utf-8") for one in patients.glob("*.yaml")}
    with writing(name):
        folder.mkdir(exist_ok=True)
        there = {one.name for one in folder.iterdir()}
    taken = sorted(there.intersection((*files, *(one.writes for one in FILES))))
    if taken:
        refuse(name, f"{', '.join(taken)}: there already; name a new folder")
    for file, text in files.items():
        write_whole(folder / file, text)


def _words(step: Step, folder: Path | None) -> list[str]:
    """The words of the command line, with its files in `folder`, if given."""
    files = (".yaml", ".html", ".log")
    return [str(folder / one) if folder and one.endswith(files) else one for one in step.line]


@contextmanager
def _without_settings() -> Iterator[None]:
    """Uses the packaged trial, whatever file the environment variable names."""
    names = (CRITERIA_VARIABLE, options.SITE_VARIABLE)
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def _goes_on() -> bool:
    """Waits for Enter if in a terminal; false on `q` or the end of input."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    sys.stderr.write("\nEnter: next, q: end > ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    return bool(line) and line.strip().casefold() not in ("q", "quit")
