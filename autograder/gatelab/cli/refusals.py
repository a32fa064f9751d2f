"""Every refusal is one sentence on stderr: wrong usage, and what the machine does not allow. The codes: docs/exit-codes.md."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from gatelab.text import visible

# What typer raises for wrong usage; of its exceptions only this one has a public name.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
WRONG = 2
SAYS_IT_ITSELF = "comment"  # the command that has a sentence of its own for an empty text
LOOP = "Symlink loop from"  # pathlib's words, up to Python 3.12


class Empty(Exception):
    """A value without a character; the message is the sentence."""


class OneSentence(TyperGroup):
    """A group of commands whose refusals are one sentence, without a box, a traceback or the number of an error."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with refusing():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with refusing():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Refuse an empty value: as a path it would mean the folder that one is in."""
        name, command, rest = super().resolve_command(ctx, args)
        words = ["gatelab", *str(ctx.command_path).split()[1:], str(name)]
        for before, word in zip([str(name), *rest], rest, strict=False):
            option = word.removesuffix("=") if word.startswith("--") and word.endswith("=") else ""
            if (option or not word.strip()) and name != SAYS_IT_ITSELF:
                raise Empty(
                    f"{' '.join(words)}: nothing follows {visible(option or before)} but an empty text; "
                    "if it is a shell variable, set it first."
                )
        return name, command, rest


@contextmanager
def refusing() -> Iterator[None]:
    """Say in one sentence what stopped the command, and end it with exit code 2."""
    try:
        yield
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # typer's, which shows the help
            raise
        ctx = getattr(error, "ctx", None)
        path = str(ctx.command_path) if ctx else "gatelab"
        command = " ".join(["gatelab", *path.split()[1:]])
        said = _plainly(" ".join(str(getattr(error, "format_message", error.__str__)()).split()))
        end = "" if said.endswith(("?", "?.")) else "."
        _end(f"{command}: {said.rstrip('.')}{end} See {command} --help.", error)
    except Empty as error:
        _end(str(error), error)
    except OSError as error:
        if error.errno == errno.EPIPE:  # `gatelab … | head`
            raise
        what = visible(str(error.filename)) if error.filename else "this machine"
        why = error.strerror or str(error) or "it failed"
        _end(f"{what}: {why[:1].lower()}{why[1:]}; fix that and run the command again.", error)
    except RuntimeError as error:
        if not str(error).startswith(LOOP):
            raise
        place = visible(str(error).removeprefix(LOOP).strip(" '\""))
        _end(f"{place}: is a link that leads to itself; name the folder or file that is meant.", error)


# What typer says about a value, and what a person would say
WORDS = (
    (r"Input should be a valid integer, .*", "it must be a whole number"),
    (r"Input should be a valid number, .*", "it must be a number"),
    (r"Input should be (greater|less) than or equal to (\S+)", r"it must be at \1 \2"),
    (r"Value error, ", ""),
    (
        r"^(Got unexpected extra arguments?(?:\(s\))? \(.*\))\.?$",
        r"\1; put quotes around anything that contains a space",
    ),
    (r"^No such option: (-\d\S*).*", r"\1 is below zero"),
)


def _plainly(said: str) -> str:
    for theirs, ours in WORDS:
        said = re.sub(theirs, ours, said)
    return visible(said.replace("at greater ", "at least ").replace("at less ", "at most "))


def _end(sentence: str, error: Exception) -> None:
    typer.echo(" ".join(sentence.split()), err=True)
    raise typer.Exit(WRONG) from error
