"""Measure the quick training (hidden/quick.py): which models win it, after how many steps, and that no wrong one does.

    python tests/lstm-gru/calibration/quick_runs.py                      # everything that is missing; safe to interrupt
    python tests/lstm-gru/calibration/quick_runs.py --only "q7 lstm" --seeds 20
    python tests/lstm-gru/calibration/quick_runs.py --seconds 150        # start nothing after so many seconds

Every training is a line of `quick.jsonl`, written when its chunk of seeds is done, and a run goes on where the file ends. A line carries a hash of all settings that it depends
on: lines of other settings are left alone and not counted. `calibrate.py --table` makes the table of RESULTS.md from them.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import math
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import many
import torch
from reference import ROOT, tasks

HERE = Path(__file__).parent
LINES = HERE / "quick.jsonl"
HIDDEN = ROOT / "tests" / "lstm-gru" / "hidden"
LAB = ROOT / "assignment" / "lstm-gru"
SEEDS = 200


def _classes() -> dict[str, Any]:
    """The batches that the grader's driver makes, by the same text."""
    sys.path.insert(0, str(HIDDEN))
    import quick

    space: dict[str, Any] = {"torch": torch, "text": quick.GROWING + quick.LONGER}
    exec(space["text"], space)
    return space


SPACE = _classes()
SETTINGS = {
    id: row["training"]
    for id, row in tomllib.loads((LAB / "lab.toml").read_text(encoding="utf-8")).items()
    if isinstance(row, dict) and "training" in row
}


@dataclass(frozen=True)
class Run:
    """One model or mistake: its question, what trains it under a watch, how many seeds go at once, whether it is right."""

    name: str
    train: Callable[[list[int], many.Watch], object]
    score: Callable[[many.Params, list], list[float]]
    chunk: int
    right: bool = False

    @property
    def question(self) -> str:
        return self.name.split()[0]


def _store(seeds: list[int], watch: many.Watch, kind: str, **more: Any) -> None:
    quick = SETTINGS["q7"]["quick"]
    task = SPACE["Growing"](tasks.STORE, quick["short"], quick["short_until"])
    recipe = replace(tasks.STORE_RECIPE, falls_from=quick["falls_from"])
    many.store(seeds, kind, 0, steps=quick["steps"], task=task, recipe=recipe, watch=watch, **more)


def _reverse(seeds: list[int], watch: many.Watch, mistake: str = "", **more: Any) -> None:
    quick = SETTINGS["q11"]["quick"]
    recipe = replace(tasks.REVERSE_RECIPE, last_rate=quick["last_rate"], steps=quick["steps"])
    task = SPACE["Longer"](tasks.REVERSE, quick["batch"])
    betas = tuple(quick["betas"])
    many.reverse(seeds, 0, mistake, task=task, recipe=recipe, betas=betas, watch=watch, **more)


def _store_run(name: str, kind: str, chunk: int = 16, right: bool = False, **more: Any) -> Run:
    return Run(name, partial(_store, kind=kind, **more), partial(many.accuracy, kind), chunk, right)


def _reverse_run(name: str, mistake: str = "", right: bool = False) -> Run:
    return Run(name, partial(_reverse, mistake=mistake), partial(many.exact, mistake=mistake), 8, right)


RUNS = [
    _store_run("q7 lstm", "lstm", right=True),
    _reverse_run("q11 correct", right=True),
    _store_run("q7 lstm-no-forget", "lstm-no-forget"),
    _store_run("q7 gru", "gru", right=True),
    _reverse_run("q11 no BOS", "no BOS"),
    _store_run("q7 rnn H=32", "rnn", rate=0.01),
    _store_run("q7 lstm-no-carry", "lstm-no-carry"),
    _store_run("q7 lstm-detached", "lstm-detached"),
    _store_run("q7 rnn H=71", "rnn", hidden=71, rate=0.005),
    _store_run("q7 rnn H=128", "rnn", chunk=8, hidden=128, rate=0.003),
    _reverse_run("q11 padding in the loss", "padding in the loss"),
    _reverse_run("q11 targets not shifted", "targets not shifted"),
    _reverse_run("q11 state not handed over", "state not handed over"),
]


def settings_hash() -> str:
    """Of all that the lines depend on."""
    recipes = [
        dataclasses.asdict(one)
        for one in (tasks.STORE, tasks.STORE_RECIPE, tasks.REVERSE, tasks.REVERSE_RECIPE)
    ]
    # The late looks come after the looks that are recorded here, and change no training.
    settings = {
        id: row | {"quick": _without(row["quick"], "late_looks", "late_from")} for id, row in SETTINGS.items()
    }
    text = json.dumps([settings, recipes, SPACE["text"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _without(table: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}


def lines() -> list[dict[str, Any]]:
    """The lines that belong to the current settings."""
    text = LINES.read_text(encoding="utf-8") if LINES.is_file() else ""
    # The last line may have been cut off.
    found = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    # Two runs at the same time may have made the same seed.
    now = settings_hash()
    mine = {(line["run"], line["seed"]): line for line in found if line["settings"] == now}
    return [mine[key] for key in sorted(mine)]


def share(run: Run, steps: int) -> float:
    """What so many steps cost, as a share of the full training's: a step costs as its sequences are long."""
    quick = SETTINGS[run.question]["quick"]
    if run.question == "q11":
        return steps / tasks.REVERSE_RECIPE.steps
    short = min(steps, quick["short_until"])
    return (steps - short + short * quick["short"] / tasks.STORE.T) / tasks.STORE_RECIPE.steps


def late(line: dict[str, Any]) -> bool:
    """Whether a training that has not reached its threshold continues to the late looks."""
    late_from = SETTINGS[line["run"].split()[0]]["quick"].get("late_from", math.inf)
    return line["won"] is None and list(line["looks"].values())[-1] >= late_from


def strata(question: str, n: int, stream: torch.Generator) -> list[Any]:
    if question == "q7":
        return [tasks.STORE.stratum(name, n, stream) for name in tasks.STRATA]
    made = []
    for some in SETTINGS["q11"]["strata"].values():
        groups = [tasks.REVERSE.of_length(length, -(-n // len(some)), stream) for length in some]
        fields = ("source", "source_lengths", "targets")
        made.append(tasks.Pairs(*(torch.cat([getattr(g, field) for g in groups]) for field in fields)))
    return made


def measure(run: Run, seeds: list[int]) -> list[dict[str, Any]]:
    """A line for each seed: the step at which the threshold was reached (null: never), and the worst stratum of every look."""
    set_ = SETTINGS[run.question]
    quick, enough = set_["quick"], set_["threshold"] + set_["quick"]["margin"]
    won: dict[int, int] = {}
    looks: dict[int, dict[str, float]] = {seed: {} for seed in seeds}
    confirmed: dict[int, float] = {}

    def worst(p: many.Params, n: int, domain: str) -> list[float]:
        batches = [strata(run.question, n, tasks.generator(seed, domain)) for seed in seeds]
        return [
            min(values)
            for values in zip(*(run.score(p, list(b)) for b in zip(*batches, strict=True)), strict=True)
        ]

    def watch(step: int, p: many.Params) -> bool:
        if step not in quick["looks"]:
            return False
        found = worst(p, quick["n"], f"look {step}")
        for seed, value in zip(seeds, found, strict=True):
            looks[seed][str(step)] = round(value, 4)
        if max(found) >= enough:
            again = worst(p, set_["n"], f"win {step}")
            for seed, value, sure in zip(seeds, found, again, strict=True):
                if seed not in won and value >= enough and sure >= enough:
                    won[seed], confirmed[seed] = step, sure
        return len(won) == len(seeds) or step == quick["looks"][-1]

    start = time.process_time()
    run.train(seeds, watch)
    spent = (time.process_time() - start) / len(seeds)
    return [
        {
            "run": run.name, "seed": seed, "settings": settings_hash(), "won": won.get(seed),
            "confirmed": round(confirmed[seed], 4) if seed in won else None, "looks": looks[seed],
            "share": round(share(run, won.get(seed, quick["looks"][-1])), 4), "cpu seconds, stacked": round(spent, 2),
        }
        for seed in seeds
    ]  # fmt: skip


def todo(only: list[str] | None, most: int) -> Iterator[tuple[Run, list[int]]]:
    """The chunks of seeds that are missing; the first of every run come first."""
    chosen = [run for run in RUNS if not only or run.name in only]
    done = {(line["run"], line["seed"]) for line in lines()}
    for first in range(0, most, 16):
        for run in chosen:
            missing = [s for s in range(first, min(first + 16, most)) if (run.name, s) not in done]
            for at in range(0, len(missing), run.chunk):
                yield run, missing[at : at + run.chunk]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="RUN", choices=[run.name for run in RUNS])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="of each run (default: %(default)s)")
    parser.add_argument("--seconds", type=float, help="start nothing after so many seconds")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    start = time.monotonic()
    for run, seeds in todo(options.only, options.seeds):
        if options.seconds is not None and time.monotonic() - start > options.seconds:
            break
        made = measure(run, seeds)
        with LINES.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in made)
        wins = [line["won"] for line in made]
        print(f"{run.name}, seeds {seeds[0]} to {seeds[-1]}: won at {wins}", flush=True)


if __name__ == "__main__":
    main()
