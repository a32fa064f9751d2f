"""How a training of the student's own model went, as the grader watched it, compared with those of right models."""

from __future__ import annotations

from dataclasses import dataclass, field

STRICT = {"extra": "forbid"}  # pydantic's: a field that is not known is refused


@dataclass
class Point:
    """The mean training loss of the steps up to `step`, from the point before on; as the student's code gave it."""

    __pydantic_config__ = STRICT

    step: int
    loss: float


@dataclass
class Look:
    """What the grader measured at a step: the least of the scores on its groups of unseen inputs."""

    __pydantic_config__ = STRICT

    step: int
    score: float


@dataclass
class Band:
    """The loss of right models up to `step`: one in twenty is below `low`, one above `high`."""

    __pydantic_config__ = STRICT

    step: int
    low: float
    middle: float
    high: float


@dataclass
class Curve:
    """A training that the grader halted every so often. It can only help: a model that does not pass it is judged by another training."""

    __pydantic_config__ = STRICT

    measure: str  # what is measured at a look: "accuracy"
    needed: float  # of it, on every group, to win
    points: list[Point] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    won: bool = False
    band: list[Band] = field(default_factory=list)  # empty if none was measured with these settings
    models: int = 0  # that the band was measured on
