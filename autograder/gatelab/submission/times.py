"""When something was handed in, by the platform's record: nbgrader's `timestamp.txt`. A file's own date says nothing."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

TIMESTAMP = "timestamp.txt"
LIMIT = 1000  # bytes
_ZONED = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s+([A-Za-z][\w+/-]*)")


def nbgrader_time(folder: Path) -> datetime | None:
    """The time in a submission folder's timestamp.txt; None where there is none that can be read."""
    path = folder / TIMESTAMP
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LIMIT:
            return None
        return moment(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def moment(text: str) -> datetime | None:
    """`2026-11-30 23:59:00.123456 UTC`, `… Europe/Berlin` or ISO 8601 as a time that is aware of its zone; as in nbgrader, one
    without a zone is UTC's. None where the text is no time."""
    text = text.strip()
    found = _ZONED.fullmatch(text)
    try:
        zone = ZoneInfo(found[2]) if found else UTC
        time = datetime.fromisoformat(found[1] if found else text)
        time = time if time.tzinfo else time.replace(tzinfo=zone)
        time.astimezone(UTC)  # a year before the first has none there
        return time
    except (OSError, ValueError, KeyError, OverflowError):
        return None
