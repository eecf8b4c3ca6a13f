"""An occasion for people's own calendars, with reminders."""

from datetime import datetime, timedelta
from typing import Final

from icalendar import Alarm, Calendar, Event, vUri

from server.occasions.occasion import Occasion, Status

REMINDERS: Final = (timedelta(days=1), timedelta(minutes=15))  # before it starts
PRODUCT: Final = "-//Vitrine//Occasions//EN"
# An open, live or past one is as confirmed as one that is scheduled.
STATUS: Final = {Status.CANCELLED: "CANCELLED"}


def ics(occasion: Occasion, language: str, url: str, now: datetime) -> bytes:
    """An iCalendar file (RFC 5545). The same occasion has the same UID whenever it is asked for,
    so that a calendar replaces the entry; `SEQUENCE` counts its changes."""
    title = occasion.title.get(language) or occasion.title["en"]
    event = Event()
    event.add("uid", f"{occasion.id}@vitrine")
    event.add("sequence", occasion.version)
    event.add("dtstamp", now)
    event.add("dtstart", occasion.starts)
    event.add("dtend", occasion.ends)
    event.add("summary", title)
    event.add("description", f"{occasion.host}\n{url}")
    event.add("location", url)
    event.add("url", vUri(url))
    event.add("status", STATUS.get(occasion.status, "CONFIRMED"))
    if occasion.status is not Status.CANCELLED:
        for before in REMINDERS:
            event.add_component(reminder(title, before))
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if occasion.status is Status.CANCELLED else "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def reminder(title: str, before: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -before)
    return alarm
