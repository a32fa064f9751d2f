"""The command `gatelab`. Every sub-command is a function in a file of its own; this file only names them."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Annotated, Any

import typer

import gatelab
from gatelab.cli.bench import bench_command
from gatelab.cli.build import build_command
from gatelab.cli.doctor import doctor_command
from gatelab.cli.export import app as export
from gatelab.cli.grade import grade
from gatelab.cli.intake import intake_command
from gatelab.cli.mark import comment, late, mark
from gatelab.cli.mutate import mutate_command
from gatelab.cli.new import new_command
from gatelab.cli.otter_run import otter_run_command, zip_command
from gatelab.cli.receipt import receipt_command
from gatelab.cli.refusals import OneSentence
from gatelab.cli.regrade import regrade
from gatelab.cli.show import show_command, why_command
from gatelab.cli.staff import diff_command, preview_command, release_command
from gatelab.cli.verify import ambush_command, fingerprints_command, misses_command, verify_command
from gatelab.lab.spec import LabError
from gatelab.text import escape_on_terminals


class Commands(OneSentence):
    """A faulty lab, or a machine that cannot grade, ends every command with one sentence and exit code 2; a terminal that
    lacks a letter ends none."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        escape_on_terminals()
        return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        from gatelab.sandbox.confine import ProtectionMissing
        from gatelab.sandbox.forkserver import ForkServerLost

        try:
            return super().invoke(ctx)
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
    tell: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_versions, is_eager=True, help="Show what is installed, and exit."
        ),
    ] = False,
) -> None:
    """Build the lab's release, grade a class, and grade the tests themselves."""


app.command("new")(new_command)
app.command("build")(build_command)
app.command("preview")(preview_command)
app.command("diff")(diff_command)
app.command("release")(release_command)
app.command("intake")(intake_command)
app.command("grade")(grade)
app.command("regrade")(regrade)
app.command("mark")(mark)
app.command("comment")(comment)
app.command("late")(late)
app.command("show")(show_command)
app.command("why")(why_command)
app.command("doctor")(doctor_command)
app.command("zip")(zip_command)
app.command("otter-run")(otter_run_command)
app.command("receipt")(receipt_command)
app.command("verify")(verify_command)
app.command("mutate")(mutate_command)
app.command("ambush")(ambush_command)
app.command("misses")(misses_command)
app.command("fingerprints")(fingerprints_command)
app.command("bench")(bench_command)
app.add_typer(export, name="export")
