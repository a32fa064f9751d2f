"""How training the student's own model went, as the grader watched it, compared with training of correct models."""

from __future__ import annotations

from dataclasses import dataclass, field

STRICT = {"extra": "forbid"}  # for pydantic: unknown fields are refused


@dataclass
class Point:
    """The mean training loss of the steps since the previous point, up to `step`; as the student's code reported it."""

    __pydantic_config__ = STRICT

    step: int
    loss: float


@dataclass
class Look:
    """What the grader measured at a step: the lowest score over its groups of unseen inputs."""

    __pydantic_config__ = STRICT

    step: int
    score: float


@dataclass
class Band:
    """The loss of correct models up to `step`: one in twenty is below `low`, one in twenty above `high`."""

    __pydantic_config__ = STRICT

    step: int
    low: float
    middle: float
    high: float


@dataclass
class Curve:
    """A training run that the grader paused now and then. It can only help: a model that does not pass it is judged by another run."""

    __pydantic_config__ = STRICT

    measure: str  # what is measured at a look: "accuracy"
    needed: float  # to be reached on every group
    points: list[Point] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    won: bool = False
    band: list[Band] = field(default_factory=list)  # empty if none was measured with these settings
    models: int = 0  # over which the band was measured
