"""Estimates what grading a class costs on a cluster: cores, hours and money, from measurements on this machine.

It measures the CPU seconds of a complete submission, training included, in the style of the references and in the slowest
correct style of the bank; of an engine's start, which every worker process needs once; and of the command that collects
the reports and writes the pages. That command is one process on any cluster, and so the first bottleneck.
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from gatelab.audit.notebooks import write_notebook
from gatelab.audit.verify import styles
from gatelab.grading.engine import Engine
from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab
from gatelab.report.outputs.pages import feedback_page
from gatelab.report.record.model import Report
from gatelab.report.record.schema import read_json

REPORTS_WRITTEN = 20  # reports written, with their pages, to measure the cost of one
OVERHEAD = 1.25  # an assumption, not a measurement: cores are never all busy (the last submissions, workers that start or are lost)
CORES = (8, 16, 32, 64, 128, 256)


SLOW_SHARE = 0.25  # the share of a class that writes in the slowest correct style


@dataclass(frozen=True)
class Measured:
    """CPU seconds on this machine, and the size of a report."""

    usual: float  # of a submission in the style of the references
    slow: float  # of one in the slowest correct style
    start: float  # of an engine
    client: float  # of the command, for each submission: the report read and checked, report and page written
    report: int  # bytes


@dataclass(frozen=True)
class Plan:
    """One way of grading a class."""

    cores: int
    hours: float
    core_hours: float
    money: float
    client_share: float  # the share of one core that the command needs meanwhile


def plan(
    measured: Measured, submissions: int, cores: int, price: float, slow_share: float = SLOW_SHARE
) -> Plan:
    """Hours and money for a class.

    Args:
        measured: what one costs.
        submissions: how many.
        cores: processor cores of all workers, one thread each.
        price: of a core-hour.
        slow_share: share of the class that writes in the slowest correct style.
    """
    each = (1 - slow_share) * measured.usual + slow_share * measured.slow
    busy = submissions * each + cores * measured.start
    hours = OVERHEAD * busy / cores / 3600
    hours = max(hours, submissions * measured.client / 3600)  # the command is one process
    return Plan(
        cores, hours, hours * cores, hours * cores * price, submissions * measured.client / (hours * 3600)
    )


def most_cores(measured: Measured, slow_share: float = SLOW_SHARE) -> int:
    """The number of cores that the command can keep busy; more cores do not make a run shorter."""
    each = (1 - slow_share) * measured.usual + slow_share * measured.slow
    return int(OVERHEAD * each / measured.client)


def measure(lab: Lab) -> Measured:
    """Grade complete notebooks here: that of the references, and those of the slow styles that policy.toml names."""
    bank = load_bank(lab)
    sources: list[Mapping[str, Any]] = [{}]
    for wheat in bank.wheats:
        if f"{wheat.question}/{wheat.id}" in lab.policy.bench.slow:
            sources.append(next(s.cells for s in styles(bank) if s.cells.get(wheat.question) == wheat.source))
    with tempfile.TemporaryDirectory(prefix="gatelab-plan-") as folder:
        place = Path(folder)
        began = time.process_time(), _children_cpu()
        with Engine(lab) as engine:
            reports = [
                engine.grade(write_notebook(place / "lab.ipynb", lab, source), "plan") for source in sources
            ]
        start = _children_cpu() - began[1] - sum(report.cpu_seconds for report in reports)
        client, size = _measure_client(lab, reports[0], place)
    costs = [report.cpu_seconds for report in reports]
    return Measured(costs[0], max(costs), max(start, 0.0), client, size)


def _children_cpu() -> float:
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _measure_client(lab: Lab, report: Report, place: Path) -> tuple[float, int]:
    """CPU seconds that the command needs for each report, and the report's size in bytes."""
    text = report.to_json()
    feedback_page(lab, report)  # the templates are compiled once
    began = time.process_time()
    for number in range(REPORTS_WRITTEN):
        again = read_json(text)
        (place / f"{number}.json").write_text(again.to_json(), encoding="utf-8")
        (place / f"{number}.html").write_text(feedback_page(lab, again), encoding="utf-8")
    return (time.process_time() - began) / REPORTS_WRITTEN, len(text.encode())


def run_plan(lab: Lab, submissions: int, price: float, console: Console | None = None) -> Measured:
    """Measure, then print the plans."""
    found = measure(lab)
    show(found, submissions, price, console or Console())
    return found


def show(measured: Measured, submissions: int, price: float, console: Console) -> None:
    """What was measured, and a line for each number of cores."""
    console.print(
        f"Measured on {platform.machine()}, Python {platform.python_version()}, in processor seconds: a submission "
        f"{measured.usual:.1f} in the references' style, {measured.slow:.1f} in the slowest correct one; an engine's start "
        f"{measured.start:.1f}; the command {1000 * measured.client:.1f} ms for each; a report of {measured.report / 1000:.0f} kB."
    )
    table = Table(
        "cores", "hours", "core-hours", f"money, at {price:g} a core-hour", "of the command's core",
        title=f"{submissions:,} submissions, a quarter of them slow, {OVERHEAD:g} times the cores' own time",
    )  # fmt: skip
    for cores in CORES:
        row = plan(measured, submissions, cores, price)
        table.add_row(
            str(row.cores),
            f"{row.hours:.2f}",
            f"{row.core_hours:.0f}",
            f"{row.money:.2f}",
            f"{row.client_share:.0%}",
        )
    console.print(table)
    console.print(f"From about {most_cores(measured):,} cores on, the command itself is the bottleneck.")
