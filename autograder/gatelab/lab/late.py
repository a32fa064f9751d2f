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
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from gatelab.lab.keys import FLOAT, STRICT, WHOLE, MustBe
from gatelab.limits import LONGEST_GRACE

KEY = "late"
DAY = timedelta(days=1)


class LateError(ValueError):
    """`[late]` is invalid; the message names the file, the key and what it must be."""


def _moment(value: object) -> object:
    """A date with a time from TOML or from text; anything else is left for pydantic to refuse."""
    if isinstance(value, str) and ":" in value:
        return datetime.fromisoformat(value.strip())
    return value if isinstance(value, datetime) else ""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, KeyError) as error:  # KeyError: ZoneInfoNotFoundError
        raise ValueError(str(error)) from error
    return name


_minutes = Annotated[WHOLE, Field(ge=0, le=LONGEST_GRACE)] | Annotated[FLOAT, Field(ge=0, le=LONGEST_GRACE)]
_percent = Annotated[WHOLE, Field(ge=0, le=100)] | Annotated[FLOAT, Field(ge=0, le=100)]

Moment = Annotated[
    datetime | None,
    BeforeValidator(_moment, json_schema_input_type=Annotated[str, Field(pattern=":")]),
    MustBe("a date with a time, as in 2026-11-30T23:59:00+01:00"),
]
Zone = Annotated[
    str, AfterValidator(_zone), MustBe('the name of a time zone in quotes, as in "Europe/Berlin"')
]
Minutes = Annotated[_minutes, MustBe(f"a number of minutes from 0 to {LONGEST_GRACE}, without quotes")]
Percent = Annotated[_percent, MustBe("a number from 0 to 100, without quotes")]
Cap = Annotated[_percent, MustBe("a number of percent from 0 to 100, without quotes")]
Of = Annotated[Literal["earned", "possible"], MustBe('"earned" or "possible"')]


@dataclass(frozen=True)
class LateSettings:
    """[late]: what lateness costs."""

    __pydantic_config__ = STRICT

    percent_per_day: Percent  # for each day begun since it was due
    due: Moment = None  # where it is not set above the questions
    zone: Zone = ""  # of a `due` that has none
    grace_minutes: Minutes = 0  # work that is late by no more than this counts as on time
    cap: Cap = 100  # percent, at most
    of: Of = "earned"  # whether it is a percentage of the points earned, or of those possible


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
        # In UTC: the time that has passed, even across a switch to or from summer time.
        late = handed_in.astimezone(UTC) - self.due.astimezone(UTC)
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


def late_rule(path: Path, settings: LateSettings | None, due: datetime | None) -> LateRule | None:
    """The rule of the lab whose lab.toml is at `path`: from its table [late] and its due date; None if there is no such table. Raises LateError."""
    if settings is None:
        return None
    where = f"{path}, [{KEY}]"
    if due is not None and settings.due is not None:
        raise LateError(f"{where}: due is already set above the questions; remove one of the two.")
    due = due or settings.due
    if due is None:
        raise LateError(
            f'{where}: due is missing; write it above the questions, as in due = "2027-03-01T23:59:59+01:00".'
        )
    return LateRule(
        _in_its_zone(due, settings.zone, where),
        float(settings.percent_per_day),
        timedelta(minutes=settings.grace_minutes),
        float(settings.cap),
        settings.of == "possible",
    )


def _in_its_zone(due: datetime, zone: str, where: str) -> datetime:
    """The date with its time zone, from the date itself or from `zone`. Raises LateError unless just one of them has it."""
    if due.tzinfo is not None and not zone:
        return due
    if not zone:
        raise LateError(
            f'{where}: due has no time zone; write 2026-11-30T23:59:00+01:00, or add zone = "Europe/Berlin".'
        )
    if due.tzinfo is not None:
        raise LateError(f"{where}: due has a time zone already; take out zone.")
    return due.replace(tzinfo=ZoneInfo(zone))


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
