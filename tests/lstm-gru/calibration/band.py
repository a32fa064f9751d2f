"""The band in which the loss of correct models falls in the quick training: what a student's own curve is drawn against.

    python tests/lstm-gru/calibration/band.py                  # trains the seeds that `losses.csv` lacks, then writes the band
    python tests/lstm-gru/calibration/band.py --seconds 150    # begins no chunk of seeds after so many seconds

`losses.csv` holds, for every seed, the mean training loss of so many steps each; `hidden/band.json` is made from it. Both belong to the settings of the
quick training in lab.toml: if these have changed, the old lines no longer count, and no page shows a band until it is made again.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import time
from collections import defaultdict
from typing import Any

import torch
from quick_runs import HERE, HIDDEN, RUNS, SETTINGS, settings_hash

LOSSES, BAND = HERE / "losses.csv", HIDDEN / "band.json"
OF = {"q7": "q7 lstm", "q11": "q11 correct"}  # whose trainings make a question's band
EVERY = {"q7": 10, "q11": 20}  # steps whose mean loss is one point of the curve
SEEDS = {"q7": 32, "q11": 16}
# What only says when a training is looked at, and how it is judged, moves no loss.
LOOKING = ("looks", "margin", "n", "seconds")
HEADER = ("question", "settings", "seed", "step", "loss")


def of(question: str) -> dict[str, Any]:
    """The settings of the quick training that its losses depend on."""
    return {key: value for key, value in SETTINGS[question]["quick"].items() if key not in LOOKING}


def lines() -> list[dict[str, str]]:
    """The lines of losses.csv that belong to the current settings."""
    if not LOSSES.is_file():
        return []
    with LOSSES.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["settings"] == settings_hash()]


def train(question: str, seeds: list[int]) -> list[tuple[Any, ...]]:
    """The lines of these seeds, trained to the last look."""
    run = next(run for run in RUNS if run.name == OF[question])
    last, every = SETTINGS[question]["quick"]["looks"][-1], EVERY[question]
    heard: list[torch.Tensor] = []
    run.train(seeds, lambda step, _: step >= last, hear=lambda _, losses: heard.append(losses))
    found = torch.stack(heard, 1)  # (M, steps)
    return [
        (question, settings_hash(), seed, min(at + every, last), f"{row[at : at + every].mean():.4f}")
        for seed, row in zip(seeds, found, strict=True)
        for at in range(0, last, every)
    ]


def band() -> dict[str, Any]:
    """Question → its settings, how many models, and (step, low, middle, high) of their losses: one in twenty is below, one above."""
    losses: dict[str, dict[int, list[float]]] = {id: defaultdict(list) for id in OF}
    for row in lines():
        losses[row["question"]][int(row["step"])].append(float(row["loss"]))
    made: dict[str, Any] = {}
    for id, by_step in losses.items():
        points = []
        for step, values in sorted(by_step.items()):
            cuts = statistics.quantiles(values, n=20, method="inclusive")
            points.append([step, *(round(value, 4) for value in (cuts[0], cuts[9], cuts[-1]))])
        models = min(map(len, by_step.values()), default=0)
        made[id] = {"settings": of(id), "every": EVERY[id], "models": models, "points": points}
    return made


def text() -> str:
    """hidden/band.json, one question a line."""
    rows = ",\n".join(f"{json.dumps(id)}: {json.dumps(one)}" for id, one in band().items())
    return f"{{\n{rows}\n}}\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, help="start nothing after so many seconds")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    start = time.monotonic()
    done = {(row["question"], int(row["seed"])) for row in lines()}
    if not done:
        with LOSSES.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(HEADER)
    for question in OF:
        missing = [seed for seed in range(SEEDS[question]) if (question, seed) not in done]
        for at in range(0, len(missing), 8):
            if options.seconds is not None and time.monotonic() - start > options.seconds:
                break
            made = train(question, missing[at : at + 8])
            with LOSSES.open("a", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows(made)
            print(f"{question}, seeds {missing[at]} to {missing[at : at + 8][-1]}", flush=True)
    BAND.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
