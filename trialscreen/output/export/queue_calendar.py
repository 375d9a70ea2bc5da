"""Exports the queue as an iCalendar file (RFC 5545).

A subject with a next date becomes an all-day event; one without, a task. UIDs are stable, so that
importing a later file updates the entries.
"""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event, Todo

from trialscreen.log.follow_up import Waiting
from trialscreen.output.report.log_lists import wait_words


def queue_calendar(found: Iterable[Waiting], trial: str, log: str) -> bytes:
    """The file's contents. `trial` is the NCT number, `log` the log's unique id."""
    calendar = Calendar()
    calendar.add("prodid", "-//trialscreen//screening log//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{trial}: who waits")
    for one in found:
        entry, day = one.entry, one.next_date
        component: Event | Todo = Todo() if day is None else Event()
        component.add("uid", f"{log}-{entry.subject}@trialscreen")
        component.add("dtstamp", entry.at)
        component.add("sequence", entry.number)
        if day is not None:
            component.add("dtstart", day)
            component.add("dtend", day + timedelta(days=1))
            component.add("transp", "TRANSPARENT")
        component.add("class", "PRIVATE")
        component.add("summary", f"{entry.subject}: {', '.join(each.what for each in one.waits)}")
        ends = (f"since {one.since}", f"{trial}, log entry {entry.number}")
        component.add("description", "\n".join((*map(wait_words, one.waits), *ends)))
        calendar.add_component(component)
    return bytes(calendar.to_ical())
