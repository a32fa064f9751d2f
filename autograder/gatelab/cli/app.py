"""The command `gatelab`. Every sub-command is a function in another file; this one only names them."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer

import gatelab
from gatelab.cli.refusals import OneSentence
from gatelab.cli.running import stoppable
from gatelab.text import escape_on_terminals

# Command → its function, or its group of commands, and the file of it here.
COMMANDS = {
    "new": "new.new_command",
    "build": "build.build_command",
    "preview": "staff.preview_command",
    "diff": "staff.diff_command",
    "release": "staff.release_command",
    "intake": "intake.intake_command",
    "grade": "grade.grade",
    "regrade": "regrade.regrade_command",
    "mark": "mark.mark",
    "comment": "mark.comment",
    "late": "mark.late",
    "show": "show.show_command",
    "why": "show.why_command",
    "doctor": "doctor.doctor_command",
    "zip": "otter_run.zip_command",
    "otter-run": "otter_run.otter_run_command",
    "receipt": "receipt.receipt_command",
    "verify": "verify.verify_command",
    "mutate": "mutate.mutate_command",
    "ambush": "ambush.ambush_command",
    "misses": "misses.misses_command",
    "fingerprints": "fingerprints.fingerprints_command",
    "bench": "bench.bench_command",
    "export": "export.app",
}

STOPPED = 130  # what a shell reports for a program that Ctrl-C ended


class ByName(Mapping[str, Any]):
    """The commands by name; the file of one is imported when it is asked for, because importing all of them takes longer than most
    commands do."""

    def __getitem__(self, name: str) -> Any:
        module, what = COMMANDS[name].split(".")
        found = getattr(import_module(f"gatelab.cli.{module}"), what)
        if isinstance(found, typer.Typer):
            alone = found
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(name)(found)
        command = typer.main.get_command(alone)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Commands(OneSentence):
    """A faulty lab, or a machine that cannot grade, ends every command with one sentence and exit code 2, and Ctrl-C or a
    scheduler's stop with 130; a terminal that lacks a letter ends none."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        escape_on_terminals()
        return super().make_context(*args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "commands": ByName()})

    def invoke(self, ctx: Any) -> Any:
        from gatelab.lab.spec import LabError
        from gatelab.sandbox.confine import ProtectionMissing
        from gatelab.sandbox.forkserver import ForkServerLost

        try:
            with stoppable():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
            raise typer.Exit(STOPPED) from None
        except (LabError, ProtectionMissing, ForkServerLost) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=Commands,
    help="Build the lab's release, grade a class, and grade the tests themselves.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


def _print_versions(asked: bool) -> None:
    if asked:
        libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "otter-grader", "nbgrader"))
        typer.echo(f"gatelab {gatelab.__version__} (Python {platform.python_version()}, {libraries})")
        raise typer.Exit


@app.callback()
def before(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_versions, is_eager=True, help="Show what is installed, and exit."
        ),
    ] = False,
) -> None:
    """Build the lab's release, grade a class, and grade the tests themselves."""
