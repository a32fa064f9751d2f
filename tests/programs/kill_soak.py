"""Kills a class run (`kill -9`) at random moments, then runs the same command again: are the results the same as without it? `make killed`.

    python tests/programs/kill_soak.py [--moments 100] [--seconds 3600] [--seed 1]

Half of the moments are in a run that grades a class for the first time, the others in one that reads marks, overrides and comments from
grades.csv and writes everything anew. A run is killed one to three times before the command may finish, so the second kill hits a run
that continues a killed one. Only kills of a command that was still running count. Prints a line for each difference and one at the end;
the exit code is 1 if there was a difference.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers.tiny_class import CLASS, Tiny

COMMAND = str(Path(sys.executable).with_name("gatelab"))
CLOCK = {"cpu_seconds", "wall_seconds", "seconds", "given"}  # what differs between any two runs
# The report of what changed since the last run; after a killed run, that may be the killed one.
SINCE = {"last", "had_last", "changes"}
SECTION = re.compile(r'<section aria-labelledby="changes">.*?</section>', re.DOTALL)
EDITS = {
    ("ada", "q1"): "1,5", ("ada", "override_reason"): "copied", ("bob", "comment_for_student"): "Fine, but for large logits.",
    ("cleo", "q2"): "6",
}  # fmt: skip


@dataclass
class Scene:
    """A folder before the command, how long the command takes, and the results of an undisturbed run."""

    base: Path  # the command always works here, because reports quote the suites with their paths
    before: Path
    seconds: float
    want: dict[str, object]
    kills: int = 0  # kills of a command that was still running

    @classmethod
    def of(cls, tiny: Tiny) -> Scene:
        before = tiny.base.with_name(f"{tiny.base.name}-before")
        shutil.copytree(tiny.base, before)
        started = time.monotonic()
        assert run(tiny).wait() == 0
        return cls(tiny.base, before, time.monotonic() - started, results(tiny.out))

    def disturbed(self, *moments: float) -> list[str]:
        """Kill the command after each of these times, one after another, then run it once more. Returns a line for each difference to an
        undisturbed run."""
        shutil.rmtree(self.base)
        shutil.copytree(self.before, self.base)
        tiny = Tiny(self.base)
        for moment in moments:
            process = run(tiny)
            try:
                process.wait(timeout=moment)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                self.kills += 1
        code = run(tiny).wait()
        found = results(tiny.out)
        wrong = [] if code == 0 else [f"the same command again ended with {code}"]
        wrong += [
            f"{name} is not as it would have been: {_first(found.get(name), want)}"
            for name, want in self.want.items()
            if found.get(name) != want
        ]
        wrong += [f"{name} would not have been there" for name in found.keys() - self.want.keys()]
        return wrong


def run(tiny: Tiny) -> subprocess.Popen[bytes]:
    words = [COMMAND, "grade", tiny.folder, "-o", tiny.out, "--root", tiny.kit, "--jobs", "1"]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def first_run(base: Path) -> Tiny:
    """A class that was never graded."""
    return Tiny.lay_out(base)


def edited(base: Path) -> Tiny:
    """A class that was graded, and whose table somebody has edited since."""
    tiny = Tiny.lay_out(base)
    assert run(tiny).wait() == 0
    path = tiny.out / "grades.csv"
    table = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    for (name, column), cell in EDITS.items():
        next(row for row in table if row[0] == name)[table[0].index(column)] = cell
    text = io.StringIO()
    csv.writer(text).writerows(table)
    path.write_text(text.getvalue(), encoding="utf-8")
    assert set(CLASS) == set(tiny.rows())
    return tiny


def results(out: Path) -> dict[str, object]:
    """What a run leaves for people, without times. Copies of earlier versions are not compared, because a killed run made its own."""
    found: dict[str, object] = {}
    for path in out.rglob("*"):
        name = path.relative_to(out).as_posix()
        if not path.is_file() or name.startswith("earlier/"):
            continue
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".json":
            found[name] = _without_clock(json.loads(text))
        elif name in ("marks.csv", "corrections.csv"):
            rows = [
                {k: v for k, v in row.items() if k not in CLOCK} for row in csv.DictReader(io.StringIO(text))
            ]
            found[name] = sorted(rows, key=lambda row: sorted(row.items()))
        elif name == "index.html":
            found[name] = [
                line
                for line in SECTION.sub("", text).splitlines()
                if line.strip() and "Processor time" not in line and '"n seconds"' not in line
            ]
        else:
            found[name] = text
    return found


def _without_clock(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_clock(item) for key, item in value.items() if key not in CLOCK | SINCE}
    return [_without_clock(item) for item in value] if isinstance(value, list) else value


def _first(found: object, want: object) -> str:
    """The first place where two results differ."""
    if isinstance(found, dict) and isinstance(want, dict):
        for key in want.keys() | found.keys():
            if found.get(key) != want.get(key):
                return f"{key}: {_first(found.get(key), want.get(key))}"
    if isinstance(found, list) and isinstance(want, list) and len(found) == len(want):
        return next(_first(a, b) for a, b in zip(found, want, strict=True) if a != b)
    return f"{str(found)[:200]!r} instead of {str(want)[:200]!r}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="begin no further class after these"
    )
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    drawn, started = random.Random(asked.seed), time.monotonic()
    wrong, kills = 0, [0]
    with tempfile.TemporaryDirectory(prefix="killed-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        scenes = [Scene.of(first_run(Path(folder, "first"))), Scene.of(edited(Path(folder, "edited")))]
        while sum(kills) < asked.moments and time.monotonic() - started < asked.seconds:
            scene = min(scenes, key=lambda scene: scene.kills)
            moments = [drawn.uniform(0, scene.seconds) for _ in range(drawn.randint(1, 3))]
            for line in scene.disturbed(*moments):
                after = ", ".join(f"{moment:.3f}" for moment in moments)
                print(f"killed after {after} s ({scene.before.name}): {line}", flush=True)
                wrong += 1
            kills = [scene.kills for scene in scenes]
    print(f"{kills[0]} + {kills[1]} kills, {wrong} differences from the undisturbed results")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
