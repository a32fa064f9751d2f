"""Measure that the grader's thresholds part right from wrong (`make calibrate`).

    python tests/lstm-gru/calibration/calibrate.py                       # everything that is missing; safe to interrupt
    python tests/lstm-gru/calibration/calibrate.py --only lstm gru --seeds 20
    python tests/lstm-gru/calibration/calibrate.py --table               # only rewrite RESULTS.md

Every finished chunk of seeds is appended to `store.csv`, `reverse.csv`, `horizon.csv` or `plain.csv`; a run goes on where these files end. They belong to the settings in
`settings.json`: where seqlab's have moved, the old results must be deleted first.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import many
import reference
import torch
from reference import tasks
from table import rows
from tqdm import tqdm

HERE = Path(__file__).parent
SETTINGS = HERE / "settings.json"
N = 512  # sequences a stratum


@dataclass(frozen=True)
class Run:
    """One model or mistake: what trains it for some seeds, how many seeds are wanted, how many go at once."""

    name: str
    table: str  # the CSV file it belongs to
    train: Callable[[list[int]], many.Scores]
    seeds: int
    chunk: int


def _plain(train: Callable[[int], dict[str, float]], seeds: list[int]) -> many.Scores:
    return {seed: train(seed) for seed in seeds}


STORE = partial(Run, table="store", seeds=200, chunk=16)
REVERSE = partial(Run, table="reverse", seeds=200, chunk=4)
PLAIN = partial(Run, table="plain", seeds=5, chunk=1)
HORIZON = partial(Run, table="horizon", seeds=4, chunk=4)
MOST = 1500  # steps; an RNN that has not got there by then is not followed further

# Widths: equal, equal parameters (H = 71: 7,151 beside the LSTM's 6,920), four times as wide (H = 128), four times the parameters (H = 150).
# Learning rates: the best of a sweep. What a grade rests on comes first, what explains it after.
RUNS = [
    STORE("lstm", train=partial(many.store, kind="lstm", n=N)),
    STORE("gru", train=partial(many.store, kind="gru", n=N)),
    STORE("rnn H=32", train=partial(many.store, kind="rnn", n=N, rate=0.01)),
    REVERSE("correct", train=partial(many.reverse, n=N)),
    STORE("rnn H=71", train=partial(many.store, kind="rnn", n=N, hidden=71, rate=0.005), chunk=8),
    STORE("rnn H=128", train=partial(many.store, kind="rnn", n=N, hidden=128, rate=0.003), chunk=4),
    *(
        STORE(f"lstm-{variant}", train=partial(many.store, kind=f"lstm-{variant}", n=N))
        for variant in ("no-carry", "no-forget", "detached")
    ),
    PLAIN("lstm", train=partial(_plain, partial(reference.plain_classifier, kind="lstm", n=N))),
    PLAIN("gru", train=partial(_plain, partial(reference.plain_classifier, kind="gru", n=N))),
    PLAIN("correct", train=partial(_plain, partial(reference.plain_translator, n=N))),
    *(
        HORIZON(f"{kind} T={T}", train=partial(many.horizon, kind=kind, T=T, most=MOST, rate=rate))
        for T in (10, 16, 24, 32, 50, 100)
        for kind, rate in (("rnn", 0.01), ("gru", None), ("lstm", None))
    ),
    STORE("rnn H=150", train=partial(many.store, kind="rnn", n=N, hidden=150, rate=0.003), seeds=40, chunk=4),
    REVERSE("no BOS", train=partial(many.reverse, n=N, mistake="no BOS")),
    *(
        REVERSE(mistake, train=partial(many.reverse, n=N, mistake=mistake), seeds=40)
        for mistake in ("padding in the loss", "targets not shifted", "state not handed over")
    ),
]


def settings() -> dict:
    """What the results depend on."""
    return {
        "store task": asdict(tasks.STORE),
        "store recipe": asdict(tasks.STORE_RECIPE),
        "reverse task": asdict(tasks.REVERSE),
        "reverse recipe": asdict(tasks.REVERSE_RECIPE),
        "sequences a stratum": N,
    }


def machine() -> dict:
    """Where the results come from."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": 1,
        "date": datetime.date.today().isoformat(),
    }


def append(table: str, name: str, scores: many.Scores) -> None:
    path = HERE / f"{table}.csv"
    fresh = not path.is_file()
    columns = [key for values in scores.values() for key in values]
    columns = list(dict.fromkeys(columns))
    if not fresh:
        with path.open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))[2:]
    elif table == "plain":  # two tasks share this file
        columns = [*tasks.STRATA, *reference.reverse_tests(0, 1), "cpu seconds"]
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if fresh:
            writer.writerow(["run", "seed", *columns])
        for seed, values in scores.items():
            row = [f"{values[key]:.4g}" if key in values else "" for key in columns]
            writer.writerow([name, seed, *row])


def work(only: list[str] | None, seeds: int | None, jobs: int, rounds: int) -> None:
    """Train what is missing, `jobs` processes at once, and append it to the CSV files."""
    if not SETTINGS.is_file():
        SETTINGS.write_text(json.dumps({"settings": settings()}, indent=2) + "\n", encoding="utf-8")
    stored = json.loads(SETTINGS.read_text(encoding="utf-8"))
    if stored["settings"] != settings():
        sys.exit(
            f"{SETTINGS}: the results there belong to other settings than seqlab's now; delete it and the CSV "
            "files beside it to measure anew."
        )
    chunks = []
    for position, run in enumerate(RUNS):
        if only and run.name not in only and run.table not in only:
            continue
        wanted = run.seeds if seeds is None else min(seeds, run.seeds)
        done = {int(row["seed"]) for row in rows(run.table) if row["run"] == run.name}
        todo = [seed for seed in range(wanted) if seed not in done]
        chunks += [(position, todo[first : first + run.chunk]) for first in range(0, len(todo), run.chunk)]
    if rounds:  # a few seeds of everything first, so that an interrupted calibration has them all
        chunks.sort(key=lambda chunk: chunk[1][0] // rounds)
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start) as pool:
        waiting = [pool.submit(_work, *chunk) for chunk in chunks]
        for future in tqdm(as_completed(waiting), total=len(waiting), unit="chunk"):
            position, scores, spent = future.result()
            run = RUNS[position]
            append(run.table, run.name, scores)
            stored["machine"] = machine()
            total = stored.setdefault("cpu seconds", {})
            key = f"{run.table}: {run.name}"
            total[key] = round(total.get(key, 0) + spent, 1)
            SETTINGS.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")


def _start() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def _work(position: int, seeds: list[int]) -> tuple[int, many.Scores, float]:
    start = time.process_time()
    scores = RUNS[position].train(seeds)
    return position, scores, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="RUN", help="runs or tables, by name")
    parser.add_argument("--seeds", type=int, help="at most so many seeds of each run")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once, of one thread each")
    parser.add_argument("--rounds", type=int, default=0, help="so many seeds of every run before the next")
    parser.add_argument("--table", action="store_true", help="only write RESULTS.md")
    options = parser.parse_args()
    if not options.table:
        work(options.only, options.seeds, options.jobs, options.rounds)
    from table import write

    write()


if __name__ == "__main__":
    main()
