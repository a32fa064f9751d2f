"""What a lab gives the engine besides its table of questions: `policy.toml` among its hidden suites.

The engine knows no lab. The lab says what is withheld from a question, which names are reported to staff, which messages
may be shown, what is imported beforehand and what the benchmark measures. The file may be missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gatelab.lab.toml import TomlError, read_toml

FILE = "policy.toml"


class PolicyError(Exception):
    """The file is invalid; the message names it and what to fix."""


@dataclass(frozen=True)
class Withheld:
    """The library's own answer, switched off where a question says `library = false`."""

    says: str = "The library's own answer is switched off in this question"
    operators: dict[str, str] = field(
        default_factory=dict
    )  # of torch's dispatcher → the dispatch key that is overridden
    copies: tuple[str, ...] = ()  # "module:name" of the same cells in Python

    def to_worker(self) -> dict[str, Any]:
        """What a worker needs (sandbox/worker/withheld.py)."""
        return {"says": self.says, "operators": self.operators, "copies": list(self.copies)}


@dataclass(frozen=True)
class Bench:
    """What `gatelab bench` measures."""

    part: tuple[str, ...] = ()  # questions that train nothing
    trained: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()  # wheats "question/name" that make a training slow
    costs: dict[str, float] = field(
        default_factory=dict
    )  # question → seconds of one submission, and those of the "rest": for the estimate before a class is graded


@dataclass(frozen=True)
class Policy:
    withheld: Withheld | None = None
    shortcuts: dict[str, str] = field(default_factory=dict)  # name of torch → what staff read
    messages: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    bench: Bench = field(default_factory=Bench)

    @classmethod
    def read(cls, path: Path) -> Policy:
        """The policy of a file; an empty one where there is none. Raises PolicyError."""
        try:
            table = read_toml(path)
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise PolicyError(f"{path}: it cannot be read ({error.strerror}).") from error
        except TomlError as error:
            raise PolicyError(str(error)) from error
        top = _checked(path, "", table, TOP)
        held = _checked(path, "withheld", table["withheld"], WITHHELD) if "withheld" in table else None
        return cls(
            withheld=None if held is None else Withheld(**held),
            shortcuts=top.get("shortcuts", {}),
            messages=top.get("messages", ()),
            preload=top.get("preload", ()),
            bench=Bench(**_checked(path, "bench", table.get("bench", {}), BENCH)),
        )


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_table_of_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_table_of_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(item, int | float) and not isinstance(item, bool) and item >= 0 for item in value.values()
    )


Kind = tuple[str, Callable[[Any], bool]]
TEXT: Kind = ("a text in quotes", lambda value: isinstance(value, str))
TEXTS: Kind = ("a list of texts", is_texts)
TABLE: Kind = ("a table of texts", _is_table_of_texts)
NUMBERS: Kind = ("a table of numbers, none negative", _is_table_of_numbers)
SUB: Kind = ("a table", lambda value: isinstance(value, dict))
TOP = {"preload": TEXTS, "messages": TEXTS, "shortcuts": TABLE, "withheld": SUB, "bench": SUB}
WITHHELD = {"says": TEXT, "operators": TABLE, "copies": TEXTS}
BENCH = {"part": TEXTS, "trained": TEXTS, "slow": TEXTS, "costs": NUMBERS}


def _checked(path: Path, name: str, table: dict[str, Any], kinds: dict[str, Kind]) -> dict[str, Any]:
    where = f"{path}, [{name}]" if name else str(path)
    for key, value in table.items():
        if key not in kinds:
            raise PolicyError(f"{where}: there is no key {key}; there are {', '.join(kinds)}.")
        kind, holds = kinds[key]
        if not holds(value):
            raise PolicyError(f"{where}: {key} must be {kind}; it is {value!r}.")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
