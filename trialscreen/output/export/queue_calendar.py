"""The queue as an iCalendar file (RFC 5545), for the calendar of whoever keeps it.

A subject with a next date is an event of that whole day; one without is a task. Both keep
their identity, so that a later file replaces them where a calendar holds them already.
"""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event, Todo

from trialscreen.log.follow_up import Waiting
from trialscreen.output.report.log_lists import wait_words


def queue_calendar(found: Iterable[Waiting], trial: str, log: str) -> bytes:
    """The file. `trial` is the NCT number, `log` what tells this log from all others."""
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
