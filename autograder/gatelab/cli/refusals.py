"""Every refusal is one sentence on stderr: wrong usage, and what the machine does not allow. The codes: docs/exit-codes.md."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from gatelab.text import visible

# What typer raises for wrong usage: the base of the only one of its exceptions that has a public name.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
WRONG = 2
SAYS_IT_ITSELF = "comment"  # the command that has a sentence of its own for an empty text
# How typer's message about too many arguments begins: its exception has no field that tells these from other wrong usage.
EXTRA = "Got unexpected extra argument"


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


def usage(message: str) -> NoReturn:
    """End with one sentence and exit code 2."""
    typer.echo(visible(message), err=True)
    raise typer.Exit(WRONG)


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
        message = visible(" ".join(_error_text(error).split()))
        end = "" if message.endswith(("?", "?.")) else "."
        usage(f"{command}: {message.rstrip('.')}{end} See {command} --help.")
    except Empty as error:
        usage(str(error))
    except OSError as error:
        if error.errno == errno.EPIPE:  # `gatelab … | head`
            raise
        what = visible(str(error.filename)) if error.filename else "this machine"
        why = error.strerror or str(error) or "it failed"
        usage(f"{what}: {why[:1].lower()}{why[1:]}; fix that and run the command again.")
    except RuntimeError as error:
        loop = error.__context__  # of Path.resolve, up to Python 3.12
        if not isinstance(loop, OSError) or loop.errno != errno.ELOOP:
            raise
        usage(
            f"{visible(str(loop.filename))}: is a link that leads to itself; name the folder or file that is meant."
        )


def _error_text(error: Any) -> str:
    """What is wrong, as a person would say it."""
    option = str(getattr(error, "option_name", ""))
    if option[1:2].isdecimal():  # no option of ours begins with a digit
        return f"{option} is below zero"
    if isinstance(error.__cause__, ValidationError):
        error.message = _of_value(error.__cause__.errors()[0]) or error.message
    message = str(error.format_message())
    if type(error).__name__ == "NoSuchOption" and not option.startswith("--"):
        return f"{message}; put -- before a name or a text that begins with -"
    return (
        f"{message}; put quotes around anything that contains a space"
        if message.startswith(EXTRA)
        else message
    )


def _of_value(fault: Mapping[str, Any]) -> str:
    """What a value must be, by pydantic's kind of fault; "" where its own sentence will do."""
    match fault["type"], fault.get("ctx", {}):
        case "int_parsing", _:
            return "it must be a whole number"
        case "float_parsing", _:
            return "it must be a number"
        case "greater_than_equal", {"ge": least}:
            return f"it must be at least {_plain(least)}"
        case "less_than_equal", {"le": most}:
            return f"it must be at most {_plain(most)}"
        case "value_error", {"error": ours}:
            return str(ours)
    return ""


def _plain(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"
