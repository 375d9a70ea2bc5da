"""What every record to be signed has: whose it is, by which criteria, and room for signatures."""

from collections.abc import Iterator
from datetime import date

from trialscreen.log.entry import Entry
from trialscreen.log.verify import noted_as
from trialscreen.model.trial import Trial
from trialscreen.output.report.render import blocks
from trialscreen.output.report.statuses import AID


def identity(trial: Trial, on: date, tool: str, entry: Entry | None) -> blocks.Terms:
    """Whose record it is and by which criteria; what is left empty is filled in by hand."""
    subject = "" if entry is None else entry.screened.subject
    criteria = f"{trial.origin}, version {trial.version}, applied by trialscreen {tool}"
    rows = [
        ("Trial", trial.registration.nct_id),
        ("Subject", subject),
        ("Screening date", str(on)),
        *(() if entry is None else _in_the_log(entry)),
        ("Criteria file", f"{criteria}\nSHA-256 {trial.sha256}"),
    ]
    return blocks.Terms(tuple((name, blocks.Cell(text)) for name, text in rows))


def _in_the_log(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "Log entry", f"{entry.number}, {_recorded(entry)}"
    yield "Seal", f"{entry.number}:{entry.seal}"
    if (corrects := entry.screened.corrects) is not None:
        yield "Corrects", f"entry {corrects.of}\nReason: {corrects.reason}"
    if entry.screened.note:
        yield "Note", entry.screened.note


def _recorded(entry: Entry) -> str:
    """When and by whom."""
    return f"recorded {entry.at:%Y-%m-%d %H:%M} UTC by {entry.by}"


def foot(nct_id: str, on: date, entry: Entry | None) -> str:
    """What identifies a sheet that lies alone."""
    if entry is None:
        return f"{nct_id} · subject ________ · screened {on}"
    return (
        f"{nct_id} · subject {entry.screened.subject} · screened {on} · log entry and seal"
        f" {noted_as(entry.number, entry.seal)}"
    )


def log_foot(nct_id: str, last: Entry | None) -> str:
    """What identifies a sheet of a log's page: the entry it goes up to."""
    if last is None:
        return f"Screening log of {nct_id}, no entry"
    return (
        f"Screening log of {nct_id} · up to {last.at:%Y-%m-%d %H:%M} UTC, entry and seal"
        f" {noted_as(last.number, last.seal)}"
    )


def signatures(entry: Entry | None) -> Iterator[blocks.Part]:
    """The decision, to tick, and who signs it."""
    yield blocks.Heading("Decision and signatures")
    yield blocks.Paragraph(f"{AID} The evidence for each criterion is on the sheets that follow.")
    yield blocks.Choices(
        "The investigator decides:", ("eligible", "not eligible", "re-screen on ____________")
    )
    yield blocks.Table(
        ("", "Name", "Signature", "Date"),
        (
            blocks.row("Screened by", "" if entry is None else entry.by, "", ""),
            blocks.row("Investigator", "", "", ""),
        ),
        (3, 4, 5, 3),
        to_fill=True,
    )
