"""The rule for late work, `[late]` in lab.toml, and the penalty for a time that a platform recorded.

    due = "2026-11-30T23:59:00+01:00"  # of the lab, above the questions

    [late]
    grace_minutes = 15               # a submission this late still counts as on time
    percent_per_day = 10             # per day or part of a day after the due date
    cap = 50                         # percent, at most
    of = "earned"                    # a percentage of the points earned, or of the points "possible"

`due` may be in [late] instead, where it may also be "2026-11-30 23:59" with zone = "Europe/Berlin".
The rule is not part of the grading: changing it does not cause any regrading.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gatelab.lab.near import meant
from gatelab.lab.toml import shown

KEY = "late"
DAY = timedelta(days=1)


class LateError(ValueError):
    """`[late]` is invalid; the message names the file, the key and what it must be."""


@dataclass(frozen=True)
class Lateness:
    """The penalty for one submission: `percent` of the points earned (or of those `possible`), and the reason in one sentence."""

    percent: float = 0.0
    possible: bool = False
    text: str = ""

    def points(self, earned: float, possible: float) -> float:
        """Points to be taken off; never more than were earned."""
        return round(min(earned, self.percent / 100 * (possible if self.possible else earned)), 6)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class LateRule:
    """`due` has a time zone; work that is late by no more than `grace` does not count as late."""

    due: datetime
    percent_per_day: float
    grace: timedelta = timedelta()
    cap: float = 100.0
    possible: bool = False

    def of(self, handed_in: datetime | None) -> Lateness:
        """The penalty for a submission; none if the platform gave no time. `handed_in` has a time zone."""
        if handed_in is None:
            return Lateness()
        late = handed_in.astimezone(UTC) - self.due.astimezone(
            UTC
        )  # hours that passed, even across a switch to or from summer time
        if late <= self.grace:
            return Lateness()
        days = math.ceil(late / DAY)
        percent = min(self.cap, days * self.percent_per_day)
        what = "possible points" if self.possible else "points earned"
        when = handed_in.astimezone(self.due.tzinfo)
        return Lateness(
            percent,
            self.possible,
            f"Handed in {when:%Y-%m-%d %H:%M:%S %z}, {_span(late)} after {self.due:%Y-%m-%d %H:%M:%S %z}; {percent:g} % of the {what}.",
        )


def late_rule(path: Path, row: Mapping[str, Any] | None, due: datetime | None) -> LateRule | None:
    """The rule of the lab whose lab.toml is at `path`: from its table [late] and its due date; None if there is no such table. Raises LateError."""
    if row is None:
        return None
    where = f"{path}, [{KEY}]"
    for key, value in row.items():
        if key not in KINDS:
            raise LateError(
                f"{where}: there is no key {key}{meant(key, KINDS)}; the keys are {', '.join(KINDS)}."
            )
        words, holds = KINDS[key]
        if not holds(value):
            raise LateError(f"{where}: {key} must be {words}; it is {shown(value)}.")
    if due is not None and "due" in row:
        raise LateError(f"{where}: due is already set above the questions; remove one of the two.")
    row = dict(row) if due is None else {**row, "due": due}
    if "due" not in row:
        raise LateError(
            f'{where}: due is missing; write it above the questions, as in due = "2027-03-01T23:59:59+01:00".'
        )
    if (key := "percent_per_day") not in row:
        raise LateError(f"{where}: {key} is missing; it must be {KINDS[key][0]}.")
    return LateRule(
        _due(row, where),
        float(row["percent_per_day"]),
        timedelta(minutes=row.get("grace_minutes", 0)),
        float(row.get("cap", 100)),
        row.get("of", "earned") == "possible",
    )


def _due(row: dict[str, Any], where: str) -> datetime:
    zone: str | None = row.get("zone")
    due: datetime = row["due"]
    if isinstance(row["due"], str):
        try:
            due = datetime.fromisoformat(row["due"].strip())
        except ValueError:
            raise LateError(f"{where}: due must be {KINDS['due'][0]}; it is {row['due']!r}.") from None
    if due.tzinfo is not None and zone is None:
        return due
    if zone is None:
        raise LateError(
            f'{where}: due has no time zone; write 2026-11-30T23:59:00+01:00, or add zone = "Europe/Berlin".'
        )
    if due.tzinfo is not None:
        raise LateError(f"{where}: due has a time zone already; take out zone.")
    return due.replace(tzinfo=ZoneInfo(zone))


def _is_moment(value: Any) -> bool:
    if isinstance(value, str):
        return ":" in value
    return isinstance(value, datetime)


def _is_zone(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (OSError, ValueError, KeyError):  # KeyError: ZoneInfoNotFoundError
        return False


def _is_number(most: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "due": ("a date with a time, as in 2026-11-30T23:59:00+01:00", _is_moment),
    "zone": ('the name of a time zone in quotes, as in "Europe/Berlin"', _is_zone),
    "grace_minutes": ("a number of minutes from 0 on, without quotes", _is_number(1e6)),
    "percent_per_day": ("a number from 0 to 100, without quotes", _is_number(100)),
    "cap": ("a number of percent from 0 to 100, without quotes", _is_number(100)),
    "of": ('"earned" or "possible"', lambda value: value in ("earned", "possible")),
}


def _span(late: timedelta) -> str:
    """`2 d 3 h`, `1 h 13 min`, `40 s`: the two largest units that are not 0."""
    seconds = math.ceil(late.total_seconds())
    parts = [
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    ]
    return " ".join([f"{count} {unit}" for count, unit in parts if count][:2])
