"""Re-run the notebooks' experiments from other seeds and record what they measured (`make claims`).

    python tests/lstm-gru/claims/run.py                       # every run of the plan that the record lacks; safe to interrupt
    python tests/lstm-gru/claims/run.py --masters practice --seeds 1 2 --jobs 2
    python tests/lstm-gru/claims/run.py --table               # only rewrite recorded.json
    OTHER/bin/python tests/lstm-gru/claims/run.py --seeds 1 2 3 4    # with the other build of PyTorch that this Python has

A finished run is a line of `runs.jsonl`: notebook, seed, kernels, torch, machine, date, a hash of the code, the values. A run whose
code is no longer the notebook's is made again. The record holds one run a notebook, seed and build of PyTorch. `seqlab/recorded.json`, from which the lab draws the recorded runs beside the student's, is made
from the lines.

Half of the seeds run with narrower vector kernels than the processor's widest (AVX2 where it has AVX-512): sums are taken in another
order, as on another machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import cells

HERE = Path(__file__).parent
RUNS = HERE / "runs.jsonl"
SEEDS = range(1, 11)
WIDEST = "avx512f" in (Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else "")
OTHER_KERNELS = {
    "ATEN_CPU_CAPABILITY": "avx2" if WIDEST else "default",  # the next narrower
    "MKL_ENABLE_INSTRUCTIONS": "AVX2" if WIDEST else "SSE4_2",
    "ONEDNN_MAX_CPU_ISA": "AVX2" if WIDEST else "SSE41",
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "agg"}


def rows() -> list[dict]:
    """The record, current or not."""
    if not RUNS.is_file():
        return []
    return [json.loads(line) for line in RUNS.read_text(encoding="utf-8").splitlines()]


def torch_version() -> str:
    """The build of PyTorch that this Python has."""
    import torch

    return torch.__version__


def current(master: str) -> list[dict]:
    """The recorded runs of a master's present code."""
    code = cells.digest(master)
    return [row for row in rows() if row["master"] == master and row["code"] == code]


def one(master: str, seed: int) -> dict:
    """One run, in this process."""
    import torch
    import values

    started, code = time.process_time(), cells.digest(master)  # before: the file may be edited meanwhile
    names, _ = cells.run(master, seed)
    return {
        "master": master,
        "seed": seed,
        "kernels": torch.backends.cpu.get_cpu_capability(),
        "torch": torch_version(),
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "date": date.today().isoformat(),
        "code": code,
        "cpu_seconds": round(time.process_time() - started, 1),
        "values": values.of(master, names),
    }


def started(master: str, seed: int) -> None:
    """One run in a separate process; its line goes to the record."""
    environment = os.environ | ONE_THREAD | (OTHER_KERNELS if seed % 2 == 0 else {})
    command = [sys.executable, "-W", "ignore", __file__, "--one", master, str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{master}, seed {seed}: {done.stderr.strip()[-1500:]}")
        return
    with RUNS.open("a", encoding="utf-8") as record:
        record.write(done.stdout.splitlines()[-1] + "\n")
    print(f"{master}, seed {seed}: done")


def tidy() -> None:
    """Drop the lines of old code, sort the others, and write what the lab shows of them."""
    # One line a seed and build: the last, where a run was made twice.
    latest = {
        (row["master"], row["torch"], row["seed"]): row for master in cells.MASTERS for row in current(master)
    }
    kept = [latest[key] for key in sorted(latest)]
    RUNS.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8")
    steps: dict[str, dict[int, list[int]]] = {}
    # One run a seed: another build of PyTorch may give the very same numbers.
    runs = list({row["seed"]: row["values"] for row in kept if row["master"] == "lab"}.values())
    for name in ("RNN", "GRU", "LSTM"):
        for T in (20, 40, 64):
            keys = [f"lab.steps.{name}.{T}.{which}" for which in ("least", "median", "most")]
            steps.setdefault(name, {})[T] = sorted(int(values[key]) for values in runs for key in keys)
    shown = {"steps": steps if runs else {}, "date": max((row["date"] for row in kept), default="")}
    text = json.dumps(shown, separators=(",", ":")) + "\n"
    (cells.LAB / "seqlab" / "recorded.json").write_text(text, encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--masters", nargs="+", choices=cells.MASTERS, default=list(cells.MASTERS))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="only rewrite what is made from the record")
    parser.add_argument("--one", nargs=2, metavar=("MASTER", "SEED"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one[0], int(asked.one[1])), ensure_ascii=False))
        return
    if not asked.table:
        build = torch_version()
        missing = [
            (master, seed)
            for seed in asked.seeds
            for master in asked.masters
            if (build, seed) not in {(row["torch"], row["seed"]) for row in current(master)}
        ]
        with ThreadPoolExecutor(asked.jobs) as pool:
            list(pool.map(lambda pair: started(*pair), missing))
    tidy()


if __name__ == "__main__":
    main()
