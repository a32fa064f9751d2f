"""The benchmark of two jobs measures both sides in one run and says what share of the machine's own scaling the kit has."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from gatelab.audit.bench_scaling import Side, run_scaling_bench
from gatelab.lab.choose import chosen_lab

pytestmark = pytest.mark.one_in(4, at=1)

TINY = Path(__file__).parents[1] / "tiny-lab"


def test_the_kit_and_the_machine_are_measured_in_one_run() -> None:
    printed = io.StringIO()
    sides = run_scaling_bench(chosen_lab(TINY, None), 1, console=Console(file=printed, width=200), steps=3)
    assert set(sides) == {"machine", "kit"}
    assert all(value > 0 for side in sides.values() for value in (*side.rate, *side.cpu))
    share = sides["kit"].scaling / sides["machine"].scaling
    assert f"{share:.2f} of the machine's own scaling" in printed.getvalue()


def test_scaling_compares_rates_and_growth_compares_costs() -> None:
    side = Side(rate=(2.0, 3.0), cpu=(0.5, 0.6))
    assert (side.scaling, side.growth) == pytest.approx((1.5, 1.2))
