"""`gatelab ambush`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gatelab.cli.options import LabName, Root
from gatelab.folders import write_whole
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import LabError
from gatelab.limits import PUBLIC_CHECK_CPU


def ambush_command(
    question: Annotated[list[str] | None, typer.Option(help="Only this question.")] = None,
    jobs: Annotated[int, typer.Option(help="Checks at once.", min=1)] = 2,
    seconds: Annotated[int, typer.Option(help="Processor time of one.", min=1)] = PUBLIC_CHECK_CPU,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page goes to OUT/<lab>/ambush.md.")
    ] = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Find wrong work that passes every public check and then loses more than 5 % of a question.

    Example: gatelab ambush --question q1
    """
    from gatelab.audit.ambush import page, try_wrong_work
    from gatelab.cli.mutate import mutated
    from gatelab.lab.bank import load_bank

    console = Console(soft_wrap=True, highlight=False)
    lab = chosen_lab(root, lab_name)
    lab.check_questions(question or (), "--question")
    chosen = [id for id in mutated(lab) if not question or id in question]
    if out is not None and chosen != mutated(lab):
        raise LabError("The page is about all questions: omit --question or --out.")
    results = try_wrong_work(
        lab, load_bank(lab), chosen, jobs, lab.settings.seed, seconds,
        lambda line: Console(stderr=True).print(f"… {line}", markup=False),
    )  # fmt: skip
    text = page(results, lab.settings.seed)
    console.print(text, markup=False)
    if out is not None:
        folder = out / lab.assignment.name
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "ambush.md", text)
