"""Does the grading image give the points of the class command? `make image`; Docker with buildx must run.

    python tests/container.py [--lab NAME] [--image debian:bookworm] [FILE.ipynb …]

`otter grade` builds the image from the autograder zip and grades every file in a container of it, `gatelab grade`
grades the same files here. Prints both totals a file. Exit code 1 when a question's points differ or a file has none.
Where no engine runs that is said in a sentence, and nothing is tried.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Points = dict[str, dict[str, float]]  # submission → question → points


def points(path: Path, key: str) -> Points:
    """The points in a table of grades whose column `key` names the submission."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        Path(row[key]).stem: {
            name: float(row[name] or 0) for name in row if name[0] == "q" and name[1:].isdigit()
        }
        for row in rows
    }


def run(command: list[str | Path], folder: Path, codes: tuple[int, ...] = (0,)) -> None:
    """Run a command of the kit's environment; its own words are the message when it fails."""
    program = Path(sys.executable).with_name(str(command[0]))
    done = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True)
    if done.returncode not in codes:
        sys.exit(f"{command[0]} {command[1]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def no_engine() -> str:
    """Why no image can be built here, in a sentence; "" where one can."""
    try:
        for asked in (["docker", "info"], ["docker", "buildx", "version"]):
            done = subprocess.run(asked, capture_output=True, text=True, timeout=30)
            if done.returncode:
                said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                return f"skipped: `{' '.join(asked)}` does not work here ({said})"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"skipped: there is no container engine here ({error})"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lab", default="lstm-gru")
    parser.add_argument("--image", default="debian:bookworm", help="base image")
    parser.add_argument("files", nargs="*", type=Path, help="by default the whole sample class")
    asked = parser.parse_args()
    if why := no_engine():
        print(why)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "handed-in").mkdir()
        if not asked.files:
            made = folder / "class"
            subprocess.run([sys.executable, ROOT / "tests" / asked.lab / "sample" / "make.py", made], check=True)
            asked.files = sorted(made.glob("*.ipynb"))
        for file in asked.files:
            shutil.copy(file, folder / "handed-in")
        run(["gatelab", "zip", "--lab", asked.lab, "--root", ROOT, "-o", folder], folder)
        run(
            ["otter", "grade", "-n", asked.lab, "-a", folder / f"{asked.lab}-autograder-STAFF-ONLY.zip", "--image", asked.image,
             "--containers", "1", folder / "handed-in"],
            folder,
        )  # fmt: skip
        run(["gatelab", "grade", "handed-in", "-o", "out", "--lab", asked.lab, "--root", ROOT], folder, codes=(0, 1))
        theirs, ours = (
            points(folder / "final_grades.csv", "file"),
            points(folder / "out" / "grades.csv", "submission"),
        )
    wrong = 0
    for name, row in ours.items():
        there = theirs.get(name, {})
        same = all(abs(value - there.get(id, -1)) < 1e-6 for id, value in row.items())
        wrong += not same
        total = f"{sum(there.values()):g}" if there else "no grade"
        print(
            f"{name}: otter grade {total}, gatelab grade {sum(row.values()):g}{'' if same else '  DIFFERS'}"
        )
    return 1 if wrong or not ours else 0


if __name__ == "__main__":
    sys.exit(main())
