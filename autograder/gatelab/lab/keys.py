"""What the keys of a lab's TOML files may hold, and one sentence for what does not match: file, table, key, value, what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, TypeVar, cast, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError

from gatelab.did_you_mean import did_you_mean
from gatelab.lab.toml import shown
from gatelab.text import brief

STRICT = {"extra": "forbid"}  # pydantic's: an unknown key is refused
T = TypeVar("T")


@dataclass(frozen=True)
class MustBe:
    """What a key may hold, as a phrase after "must be".

    Args:
        table: the class of the table that it holds, so that an error in it is reported with the table's name.
        several: it holds a table or a list of tables.
    """

    words: str
    table: type | None = None
    several: bool = False


# Strict: "14" and true are not numbers here. A whole number stays one, so that 10 points are not 10.0.
WHOLE = Annotated[int, Field(strict=True)]
FLOAT = Annotated[float, Field(strict=True, allow_inf_nan=False)]
FROM_0 = Annotated[WHOLE, Field(ge=0)] | Annotated[FLOAT, Field(ge=0)]

Text = Annotated[str, MustBe("a text in quotes")]


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """pydantic's adapter for a class; cached, because it is slow to make."""
    return TypeAdapter(kind)


def validated(
    kind: type[T], data: Mapping[str, Any], where: str, unknown: Callable[[str], str] | None = None
) -> T:
    """The object with these values.

    Args:
        where: the beginning of the error message: the file, and the table in it.
        unknown: the sentence about a key that `kind` does not have.

    Raises ValueError with a sentence about the first wrong value.
    """
    try:
        made: T = adapter(cast(Any, kind)).validate_python(data)
        return made
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A misspelt key may be the one that is missing, so it is reported first.
        first = min(errors, key=lambda one: one["type"] != "unexpected_keyword_argument")
    key, *inner = first["loc"]
    key = str(key)
    if first["type"] == "unexpected_keyword_argument" and not inner:
        sentence = (unknown(key) if unknown else no_key(key, keys_of(kind))).removesuffix(".")
        raise ValueError(f"{where}: {sentence}; its value is {brief(shown(data[key]))}.") from None
    says = must_be_of(kind, key)
    if key not in data:
        raise ValueError(f"{where}: {key} is missing; it must be {says.words}.") from None
    value, place = data[key], [key]
    if says.several and inner:
        at = inner[0]
        value = value[at]
        place.append(at if isinstance(at, str) else str(at + 1))  # the entries of a list are counted from 1
    if says.table and isinstance(value, dict):
        validated(says.table, value, _inside(where, ".".join(place)))
    raise ValueError(f"{where}: {key} must be {says.words}; it is {shown(data[key])}.") from None


def validated_value(kind: Any, value: object, where: str, key: str) -> Any:
    """A value under a key that people choose, as the annotation `kind` has it. Raises ValueError with a sentence."""
    try:
        return adapter(kind).validate_python(value)
    except ValidationError:
        says = next(one for one in kind.__metadata__ if isinstance(one, MustBe))
        raise ValueError(f"{where}: {key} must be {says.words}; it is {shown(value)}.") from None


def _inside(where: str, table: str) -> str:
    """The place of a table within another, as it is written in the file: lab.toml, [q1.training]."""
    return f"{where[:-1]}.{table}]" if where.endswith("]") else f"{where}, [{table}]"


def keys_of(kind: type) -> list[str]:
    return [one.name for one in fields(kind)]


def no_key(key: str, known: list[str]) -> str:
    return f"there is no key {key}{did_you_mean(key, known)}; there are {', '.join(known)}."


def must_be_of(kind: type, key: str) -> MustBe:
    hint = get_type_hints(kind, include_extras=True)[key]
    return next(one for one in hint.__metadata__ if isinstance(one, MustBe))
