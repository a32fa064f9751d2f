"""The option `--cluster` of `gatelab grade`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from gatelab.classrun.run import ClassRun, Grader
from gatelab.cli.refusals import usage
from gatelab.lab.spec import Lab

ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--cluster", metavar="ADDRESS",
        help="Grade on the workers of this Dask scheduler (tcp://HOST:8786, or its scheduler file); docs/many-machines.md.",
        show_default=False,
    ),
]  # fmt: skip


def on_cluster(
    address: str,
    run: ClassRun,
    jobs: int,
    accept_missing: list[str],
    hash_of: Callable[[Lab, int, list[str]], str],
) -> AbstractContextManager[Grader]:
    """The grader for this class on the cluster; it connects at `with`. Ends the command with exit code 2 if that is impossible."""
    if jobs:
        raise typer.BadParameter(
            "--jobs is for this machine; a worker's own --nthreads says how many it grades at once."
        )
    try:
        from gatelab.integrations.cluster import Cluster  # brings Dask, which not every machine has
    except ImportError as error:
        usage(f"--cluster needs Dask ({error}): pip install 'gatelab[cluster]'.")
    return Cluster(address, run.lab, run.seed, run.chosen, accept_missing, hash_of)
