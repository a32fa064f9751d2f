"""What a lab gives the engine besides its table of questions: `policy.toml` among its hidden suites.

The engine contains nothing about any particular lab. The lab says what is withheld from a question, which names are reported to staff,
which messages and names may be shown, what the axes of its tensors are called, what exceptions mean in it, what is imported
beforehand and what the benchmark measures. The file is optional.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gatelab.handed_out.checking.terms import Axis, Terms
from gatelab.lab.keys import FROM_0, STRICT, MustBe, Text, validated
from gatelab.lab.toml import TomlError, read_toml, shown

FILE = "policy.toml"


class PolicyError(Exception):
    """The file is invalid; the message names it and what to fix."""


def _pattern(text: str) -> str:
    """Raises ValueError unless it is a regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(str(error)) from error
    return text


Texts = Annotated[tuple[str, ...], MustBe("a list of texts")]
TextTable = Annotated[dict[str, str], MustBe("a table of texts")]
Second = Annotated[FROM_0, MustBe("a number, not negative")]
Seconds = Annotated[dict[str, FROM_0], MustBe("a table of numbers, none negative")]
Pattern = Annotated[
    str,
    Field(min_length=1),
    AfterValidator(_pattern),
    MustBe("a regular expression of Python's in quotes, as in 'index out of range'"),
]


@dataclass(frozen=True)
class Withheld:
    """[withheld]: the library's own answer, switched off where a question says `library = false`."""

    __pydantic_config__ = STRICT

    says: Text = "The library's own answer is switched off in this question"
    # Operators of torch's dispatcher → the dispatch key that is overridden.
    operators: TextTable = field(default_factory=dict)
    copies: Texts = ()  # "module:name" of functions in Python that compute the same

    def to_worker(self) -> dict[str, Any]:
        """What a worker needs (sandbox/worker/withheld.py)."""
        return {"says": self.says, "operators": self.operators, "copies": list(self.copies)}


@dataclass(frozen=True)
class Bench:
    """[bench]: what `gatelab bench` measures."""

    __pydantic_config__ = STRICT

    part: Texts = ()  # questions that train nothing
    trained: Texts = ()
    slow: Texts = ()  # wheats "question/name" with which training is slow
    # CPU seconds that the course can afford for the trainings of one submission, in the usual style and in a slow one; 0: not said.
    cpu: Second = 0.0
    slow_cpu: Second = 0.0
    # Question → seconds for one submission, and "rest" → those for everything else: for the estimate before a class is graded.
    costs: Seconds = field(default_factory=dict)


@dataclass(frozen=True)
class AxisTable:
    """[axes.R]: what messages call an axis; the keys are those of Axis."""

    __pydantic_config__ = STRICT

    name: Text = ""
    places: Text = ""
    step: Text = ""


@dataclass(frozen=True)
class Meaning:
    """[[meanings]]: what an exception means in this lab."""

    __pydantic_config__ = STRICT

    pattern: Pattern  # searched for in "Type: message"; the first match counts, and the lab's come before the engine's
    says: Text


@dataclass(frozen=True)
class Policy:
    """The whole file."""

    __pydantic_config__ = STRICT

    preload: Texts = ()  # modules that are imported once for all submissions
    shows: Texts = ()  # names in the notebook whose calls only draw or print (sandbox/worker/pending.py)
    messages: Texts = ()  # that students may always see (testkit/known.py), with the placeholders of message_forms.py
    names: Texts = ()  # that a message may contain, besides those of Python and PyTorch (testkit/words.py)
    shortcuts: TextTable = field(default_factory=dict)  # name in torch → what staff read
    withheld: Annotated[Withheld | None, MustBe("a table", Withheld)] = None
    axes: Annotated[
        dict[Annotated[str, Field(pattern=r"^[A-Za-z]$")], AxisTable],
        MustBe(
            'tables named by the letter of an axis, as in [axes.N] with name = "batch"',
            AxisTable,
            several=True,
        ),
    ] = field(default_factory=dict)
    meanings: Annotated[
        tuple[Meaning, ...],
        MustBe("a list of tables, each begun with [[meanings]], of pattern and says", Meaning, several=True),
    ] = ()
    bench: Annotated[Bench, MustBe("a table", Bench)] = field(default_factory=Bench)

    @classmethod
    def read(cls, path: Path) -> Policy:
        """The policy in a file; an empty one if there is no file. Raises PolicyError."""
        try:
            made = validated(cls, read_toml(path), str(path))
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise PolicyError(f"{path}: cannot be read ({error.strerror}); fix its permissions.") from error
        except (TomlError, ValueError) as error:
            raise PolicyError(str(error)) from error
        for letter, axis in made.axes.items():
            if axis.step and not axis.places:
                raise PolicyError(
                    f"{path}, [axes.{letter}]: step is {shown(axis.step)}; write as places what several of them are called."
                )
        return made

    @cached_property
    def terms(self) -> Terms:
        """The words for axes and exceptions in the messages of suites and public checks."""
        axes = {letter: Axis(**asdict(axis)) for letter, axis in self.axes.items()}
        return Terms(axes, tuple((one.pattern, one.says) for one in self.meanings))
