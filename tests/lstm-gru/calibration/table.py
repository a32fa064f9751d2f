"""RESULTS.md from the CSV files: what was measured, where, and how far it lies from the thresholds."""

from __future__ import annotations

import csv
import json
import math
import tomllib
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
SETTINGS = HERE.parents[2] / "assignment" / "lstm-gru" / "lab.toml"

WHAT = {
    "lstm": "LSTM, correct",
    "gru": "GRU, correct",
    "rnn H=32": "plain RNN, equal width (H = 32)",
    "rnn H=71": "plain RNN, equal parameters (H = 71)",
    "rnn H=128": "plain RNN, four times as wide (H = 128)",
    "rnn H=150": "plain RNN, four times the parameters (H = 150)",
    "lstm-no-carry": "LSTM, cell state not carried",
    "lstm-no-forget": "LSTM, no forget gate",
    "lstm-detached": "LSTM, cell state detached",
}

HEAD = """# What the thresholds rest on

Written by `make calibrate` (`calibrate.py`, `table.py`); the raw numbers are the CSV files beside this page. The thresholds themselves are in
`assignment/lstm-gru/lab.toml`, sizes and learning rates in seqlab's `STORE_RECIPE` and `REVERSE_RECIPE`.

A training *passes* when every stratum reaches the threshold. The grader trains once more, from another seed, where the first training misses it: *with
a second* counts the seeds that pass when the next seed's training stands in as the second. Cells: smallest / median / largest over the seeds. Many seeds are trained at once with stacked
parameters (`many.py`); the last table compares this with the loop that notebook and grader use.
"""

QUICK = """## The quick trainings: paused at a few steps, ended as soon as they are won

Written from `quick.jsonl` (`quick_runs.py`, resumable; every row says how many seeds it has). The grader makes such a training first (`tests/lstm-gru/hidden/quick.py`).
It can only help: a model that does not win it is trained in full, and judged as the tables above say. *Won*: at one of the looks every stratum of a fresh batch, and then of a second,
larger one, was above the threshold by the margin. *Late looks*: models that missed it, but had reached `late_from` at the last of the looks, and so continue to the late ones; how these
end is not in the lines, and counts here as a full training. A step costs as its sequences are long. A detached cell state wins here as it wins in full; the gradient checks catch it.
"""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one CSV file; none where it is not there yet."""
    path = HERE / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spread(values: list[float], digits: int = 3) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in (min(values), median(values), max(values)))


def in_two(passed: list[bool]) -> list[bool]:
    """Which models pass in one of two trainings; the next seed's is the second."""
    return [one or other for one, other in zip(passed, [*passed[1:], *passed[:1]], strict=True)]


def table(name: str, threshold: float, what: dict[str, str], extra: tuple[str, ...] = ()) -> list[str]:
    """One line a run: seeds, how many pass at once and in two, the spread of each stratum and of the extra columns."""
    data = rows(name)
    if not data:
        return ["(not measured yet)"]
    strata = [column for column in list(data[0])[2:] if column not in extra]
    lines = [
        f"| run | seeds | passes | with a second | {' | '.join([*strata, *extra])} |",
        f"| --- | --- | --- | --- |{' --- |' * (len(strata) + len(extra))}",
    ]
    runs = dict.fromkeys(row["run"] for row in data)
    for run in sorted(runs, key=lambda run: list(what).index(run) if run in what else len(what)):
        mine = [row for row in data if row["run"] == run]
        passed = [min(float(row[s]) for s in strata) >= threshold for row in mine]
        cells = [spread([float(row[column]) for row in mine]) for column in [*strata, *extra]]
        lines.append(
            f"| {what.get(run, run)} | {len(mine)} | {sum(passed)} | {sum(in_two(passed))} | {' | '.join(cells)} |"
        )
    return lines


def comparison() -> list[str]:
    """Stacked training beside the plain loop: the same seeds, the largest difference of any score, CPU seconds of the plain loop."""
    lines = [
        "| run | seeds | largest difference of a score | CPU-s of a training and its test in the plain loop |",
        "| --- | --- | --- | --- |",
    ]
    plain = rows("plain")
    stacked = {(row["run"], row["seed"]): row for name in ("store", "reverse") for row in rows(name)}
    for run in dict.fromkeys(row["run"] for row in plain):
        mine = [row for row in plain if row["run"] == run]
        differences = [
            abs(float(row[column]) - float(stacked[run, row["seed"]][column]))
            for row in mine
            if (run, row["seed"]) in stacked
            for column in list(row)[2:]
            if row[column] and column != "cpu seconds"
        ]
        seconds = spread([float(row["cpu seconds"]) for row in mine], 1)
        lines.append(
            f"| {WHAT.get(run, 'encoder-decoder, correct')} | {len(mine)} | {max(differences, default=0):.3f} | {seconds} |"
        )
    return lines


def horizon() -> list[str]:
    """Steps to 0.95 on every stratum against T, smallest / median / largest over the seeds that got there."""
    data = rows("horizon")
    if not data:
        return ["(not measured yet)"]
    kinds = list(dict.fromkeys(row["run"].split()[0] for row in data))
    lines = [f"| T | {' | '.join(kinds)} |", f"| --- |{' --- |' * len(kinds)}"]
    for T in sorted({int(row["T"]) for row in data}):
        cells = []
        for kind in kinds:
            steps = [float(row["steps"]) for row in data if row["run"] == f"{kind} T={T}"]
            there = [value for value in steps if not math.isnan(value)]
            cells.append(f"{spread(there, 0) if there else 'none'} ({len(there)} of {len(steps)})")
        lines.append(f"| {T} | {' | '.join(cells)} |")
    return lines


def quick(question: str) -> list[str]:
    """One line for each run of the quick training: the seeds, which reach the threshold and when, and the highest result seen if none does."""
    from quick_runs import RUNS, late, lines

    found = lines()
    made = [
        "| run | seeds | won | at step, smallest / median / largest | share of the full training's cost, mean | best look of those that did not win | late looks |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for run in RUNS:
        mine = [line for line in found if line["run"] == run.name]
        if run.question != question or not mine:
            continue
        name = run.name.removeprefix(f"{question} ")
        wins = [line["won"] for line in mine if line["won"] is not None]
        # A model that does not win pays for the quick training and is trained in full after it.
        costs = [line["share"] + (0 if line["won"] is not None else 1) for line in mine]
        best = [max(line["looks"].values()) for line in mine if line["won"] is None]
        made.append(
            f"| {WHAT.get(name, name)} | {len(mine)} | {len(wins)} | {spread(wins, 0) if wins else '–'} | "
            f"{sum(costs) / len(costs):.2f} | {f'{max(best):.3f}' if best else '–'} | "
            f"{sum(map(late, mine))} |"
        )
    return made


def quick_section(thresholds: dict) -> list[str]:
    """What the quick trainings rest on, where any has been measured."""
    from quick_runs import lines

    if not lines():
        return []
    parts = [QUICK]
    for question in ("q7", "q11"):
        set_ = thresholds[question]
        stated = ", ".join(f"{key} {value}" for key, value in set_["quick"].items())
        parts.append(
            f"### {question}: at a look every stratum must reach {set_['threshold'] + set_['quick']['margin']:g}\n\n"
            f"Settings: {stated}.\n\n" + "\n".join(quick(question)) + "\n"
        )
    return parts


def text() -> str:
    questions = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    stored = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
    where = ", ".join(f"{key} {value}" for key, value in stored.get("machine", {}).items())
    trainings = {id: questions[id]["training"] for id in ("q7", "q11")}
    q7, q11 = (one["threshold"] for one in trainings.values())
    settings = "\n".join(
        f"- {name}: {', '.join(f'{k} {v}' for k, v in value.items()) if isinstance(value, dict) else value}"
        for name, value in stored["settings"].items()
    )
    parts = [
        HEAD,
        f"Machine: {where}.\n\nSettings:\n{settings}\n",
        f"## q7: the last stored symbol, threshold {q7} on every stratum\n",
        "\n".join(table("store", q7, WHAT)) + "\n",
        "An accuracy cannot see every mistake: where a broken variant passes here, the gradient checks of q1 to q3 are what catches it.\n",
        f"## q11: reversed digits, exact match by length, threshold {q11} on every stratum\n",
        "\n".join(table("reverse", q11, {"correct": "encoder-decoder, correct"}, ("last loss",))) + "\n",
        "A mistake that passes here leaves the decoded sequences as they are; q8 (what the decoder reads) and q9 (what the loss counts) catch it.\n",
        "## Steps to 0.95 on every stratum of the store task, against T\n",
        "The recipe at a constant learning rate (plain RNN: H = 32, learning rate 0.01), measured every 25 steps and given up after 1500; in brackets how many of the seeds got there. "
        "\n",
        "\n".join(horizon()) + "\n",
        *quick_section(trainings),
        "## The stacked training beside the plain loop\n",
        "\n".join(comparison()) + "\n",
    ]
    return "\n".join(parts)


def tidy(name: str) -> None:
    """Sort the rows of a CSV file, which come as the processes finish."""
    path = HERE / f"{name}.csv"
    if path.is_file():
        head, *body = path.read_text(encoding="utf-8").splitlines(keepends=True)
        body.sort(key=lambda line: (line.split(",")[0], int(line.split(",")[1])))
        path.write_text(head + "".join(body), encoding="utf-8")


def write() -> None:
    """RESULTS.md anew from what the CSV files hold now."""
    for name in ("store", "reverse", "plain", "horizon"):
        tidy(name)
    (HERE / "RESULTS.md").write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
