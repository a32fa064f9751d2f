"""Parses the times at which something was handed in, as platforms write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from gatelab.limits import TIME_LIMIT
from gatelab.submission.languages import MONTHS

# 2026-04-26 17:34:00.861687000 Z (Gradescope), 2026-04-26T10:34:00-07:00, 2015-02-02 15:58:23.948203 America/Los_Angeles
# (nbgrader)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*([A-Za-z]\w*(?:/[\w+-]+)*|[+-]\d\d:?\d\d|)"
)
# Thursday, 26 November 2026, 6:28 PM and Donnerstag, 26. November 2026, 18:28 (Moodle in English and German)
_MOODLE = re.compile(
    r"(?:[^\W\d_]+, )?(\d{1,2})\.? ([^\W\d_]+) (\d{4}), (\d{1,2}):(\d\d)(?::\d\d)?(?: (AM|PM))?", re.I
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def moment(text: str, zone: tzinfo | None = UTC) -> datetime | None:
    """The time that a platform wrote, with its time zone; None if it cannot be read without guessing.

    `zone` is for a time that names none; None: this machine's.
    """
    text = text.strip()
    if len(text) > TIME_LIMIT:
        return None
    try:
        if found := _ISO.fullmatch(text):
            year, month, day, hour, minute, second, fraction, named_zone = found.groups()
            micro = int((fraction or "0").ljust(6, "0")[:6])
            when = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro)
            if named_zone:
                return _usable(when.replace(tzinfo=_zone(named_zone)))
        elif found := _MOODLE.fullmatch(text):
            day, month, year, hour, minute, half = found.groups()
            clock = int(hour) % 12 + 12 * (half.upper() == "PM") if half else int(hour)
            when = datetime(int(year), MONTHS[month[:3].lower()], int(day), clock, int(minute))
        else:
            return None
        return _usable(when.replace(tzinfo=zone) if zone else when.astimezone())
    except (ValueError, KeyError, OverflowError, OSError):  # no such day, month or zone
        return None


def _usable(when: datetime) -> datetime:
    """The time, if it can be converted to every zone (the first and last day of the calendar cannot). Raises OverflowError."""
    when.astimezone(UTC)
    return when


def _zone(name: str) -> tzinfo:
    """Raises ValueError or KeyError if the zone is unknown, as most abbreviations are."""
    if offset := _OFFSET.fullmatch(name):
        minutes = 60 * int(offset[2]) + int(offset[3])
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    return UTC if name.upper() in ("Z", "UTC", "GMT") else ZoneInfo(name)
