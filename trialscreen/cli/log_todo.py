"""`log todo`: who waits for what."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from trialscreen.cli.log_decide import ON, BoardDay
from trialscreen.cli.options import LogFile, day_given
from trialscreen.cli.output import Format, print_result
from trialscreen.criteria_file.load import load_trial

if TYPE_CHECKING:
    from trialscreen.log.entry import ScreeningEntry


class QueueFormat(StrEnum):
    """How the queue is printed: as every list, or for a calendar."""

    TABLE = Format.TABLE
    PLAIN = Format.PLAIN
    JSON = Format.JSON
    MARKDOWN = Format.MARKDOWN
    CSV = Format.CSV
    ICS = "ics"


def todo(
    context: typer.Context,
    file: LogFile,
    on: BoardDay = None,
    form: Annotated[
        QueueFormat,
        typer.Option("--format", help="How it is printed; ics is for calendars."),
    ] = QueueFormat.TABLE,
) -> None:
    """List every subject who waits and is not decided: for what, since when, until when.

    For consent, values that are awaited, a washout, the investigator's judgement, or new
    values for stale ones; not for what is merely unknown. `days` until the next date are
    negative where it is overdue.
    """
    from trialscreen.log.queue import queue  # noqa: PLC0415
    from trialscreen.log.store import open_log  # noqa: PLC0415
    from trialscreen.output.report.queue_list import queue_listing, queue_page  # noqa: PLC0415

    trial, day = load_trial(context.obj), day_given(ON, on)
    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)

        def full(entry: "ScreeningEntry") -> "ScreeningEntry":
            found = log.entry(entry.number)
            assert isinstance(found, type(entry))
            return found

        found = queue(trial, log.every(details=False), day, full)
    if form is QueueFormat.ICS:
        from trialscreen.output.export.queue_calendar import queue_calendar  # noqa: PLC0415

        sys.stdout.flush()
        sys.stdout.buffer.write(queue_calendar(found, trial.registration.nct_id, log.id))
        return
    listing = queue_listing(found, day)
    print_result(
        Format(form.value),
        lambda: queue_page(trial, found, day),
        listing.data,
        lambda: listing,
    )
