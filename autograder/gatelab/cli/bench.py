"""`gatelab bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatelab.cli.options import LabName, Root
from gatelab.lab.choose import chosen_lab
from gatelab.limits import BENCH_SEEDS


def bench_command(
    students: Annotated[
        int, typer.Option(help="Copies of the correct Part 1 submission to grade.", min=1)
    ] = 5,
    credit: Annotated[bool, typer.Option("--credit", help="Only what follow-through credit costs.")] = False,
    trainings: Annotated[bool, typer.Option("--trainings", help="Only what training costs.")] = False,
    seeds: Annotated[
        int, typer.Option(help="Seeds with which each training is measured.", min=1)
    ] = BENCH_SEEDS,
    scaling: Annotated[
        bool,
        typer.Option(
            "--scaling", help="Only what two jobs do in the time of one, compared with the machine's own."
        ),
    ] = False,
    plan: Annotated[
        int,
        typer.Option(
            help="Only what a class of this size costs on a cluster (docs/many-machines.md).", min=0
        ),
    ] = 0,
    price: Annotated[float, typer.Option(help="Price of a core-hour, for --plan.", min=0)] = 0.05,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Print the CPU seconds of one submission here, under otter run and under nbgrader autograde, what training costs
    in the questions that train a model compared with the same training in full, and what follow-through credit costs.

    Example: gatelab bench --students 3
    """
    from gatelab.audit.bench import run_bench
    from gatelab.audit.bench_credit import run_credit_bench
    from gatelab.audit.bench_scaling import run_scaling_bench
    from gatelab.audit.bench_training import run_training_bench
    from gatelab.audit.plan import run_plan

    lab = chosen_lab(root, lab_name)
    if plan:
        run_plan(lab, plan, price)
        return
    if scaling:
        run_scaling_bench(lab, students)
        return
    everything = not credit and not trainings
    if everything:
        run_bench(lab, students)
    if everything or trainings:
        run_training_bench(lab, seeds=seeds)
    if everything or credit:
        run_credit_bench(lab)
