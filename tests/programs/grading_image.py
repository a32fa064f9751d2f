"""Does the grading image give the same points as the class command? `make image`.

    python tests/programs/grading_image.py --lab LAB [--image debian:bookworm] [--jobs 2] [FILE.ipynb …]

If Docker with buildx is available, `otter grade` builds the image from the autograder zip and grades every file in a container.
Otherwise root makes an empty Debian with debootstrap, in which the zip is set up and grades with chroot (image_by_chroot.py). `gatelab
grade` grades the same files here. Prints both totals for each file. The exit code is 1 if a question's points differ or a file has no
points. If neither way is possible, a sentence says so and nothing is tried.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from helpers.tables import rows_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers import image_by_chroot

ROOT = Path(__file__).resolve().parents[2]
Points = dict[str, dict[str, float]]  # submission → question → points


def points(path: Path, key: str) -> Points:
    """The points in a table of grades whose column `key` names the submission."""
    return {
        Path(row[key]).stem: {
            name: float(row[name] or 0) for name in row if name[0] == "q" and name[1:].isdigit()
        }
        for row in rows_of(path)
    }


def run(command: list[str | Path], folder: Path, codes: tuple[int, ...] = (0,)) -> None:
    """Run a command of the kit's environment. If it fails, its output is the message."""
    program = Path(sys.executable).with_name(str(command[0]))
    done = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True)
    if done.returncode not in codes:
        sys.exit(f"{command[0]} {command[1]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def no_engine() -> str:
    """A sentence that says why no image can be built here; "" if one can."""
    try:
        for asked in (["docker", "info"], ["docker", "buildx", "version"]):
            done = subprocess.run(asked, capture_output=True, text=True, timeout=30)
            if done.returncode:
                said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                return f"`{' '.join(asked)}` does not work here ({said})"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"there is no container engine here ({error})"
    return ""


def by_otter(zip_file: Path, files: list[Path], folder: Path, asked: argparse.Namespace) -> Points:
    """The points from `otter grade`, with a container for each file."""
    (folder / "handed-in").mkdir()
    for file in files:
        shutil.copy(file, folder / "handed-in")
    run(
        ["otter", "grade", "-n", asked.lab, "-a", zip_file, "--image", asked.image, "--containers", "1", folder / "handed-in"], folder
    )  # fmt: skip
    return points(folder / "final_grades.csv", "file")


def by_chroot(zip_file: Path, files: list[Path], folder: Path) -> Points:
    """The points from the zip's own scripts in an empty Debian."""
    root = folder / "debian"
    print("making the system, with the environment in it …", flush=True)
    image_by_chroot.make(root, zip_file)
    found: Points = {}
    for file in files:
        result = image_by_chroot.grade(root, file)
        rows = result["extra_data"]["questions"]
        found[file.stem] = {id: float(row["points"]) for id, row in rows.items()}
        print(f"{file.stem}: {result.get('score', 'no score')}", flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lab", required=True, help="the lab's folder in assignment/")
    parser.add_argument("--image", default="debian:bookworm", help="base image, for a container engine")
    parser.add_argument("--jobs", default="2", help="of the class command")
    parser.add_argument("files", nargs="*", type=Path, help="by default the whole sample class")
    asked = parser.parse_args()
    engine, chroot = no_engine(), image_by_chroot.missing()
    if engine and chroot:
        print(f"skipped: {engine}, and {chroot}")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not asked.files:
            made = folder / "class"
            subprocess.run(
                [sys.executable, ROOT / "tests" / asked.lab / "sample" / "make.py", made], check=True
            )
            asked.files = sorted(
                made.glob("*.ipynb") if not engine else made.iterdir()
            )  # `otter grade` takes only notebooks
        files = [file.resolve() for file in asked.files]
        run(["gatelab", "zip", "--lab", asked.lab, "--root", ROOT, "-o", folder], folder)
        zip_file = folder / f"{asked.lab}-autograder-STAFF-ONLY.zip"
        print(f"{engine}: an empty Debian instead" if engine else "containers of otter grade", flush=True)
        try:
            theirs = (
                by_chroot(zip_file, files, folder) if engine else by_otter(zip_file, files, folder, asked)
            )
        except image_by_chroot.NotMade as error:
            sys.exit(str(error))
        (folder / "class-of-files").mkdir()
        for file in files:
            image_by_chroot.copied(file, folder / "class-of-files")
        command = [
            "gatelab",
            "grade",
            "class-of-files",
            "-o",
            "out",
            "--lab",
            asked.lab,
            "--root",
            ROOT,
            "--jobs",
            asked.jobs,
        ]
        run(command, folder, codes=(0, 1))
        return compared(theirs, points(folder / "out" / "grades.csv", "submission"))


def compared(theirs: Points, ours: Points) -> int:
    """Print both totals of each file. Returns 1 if a question's points differ or nothing was graded. The class's table has two decimals."""
    wrong = 0
    for name, row in ours.items():
        there = theirs.get(name, {})
        same = all(abs(value - there.get(id, -1)) <= 0.005 + 1e-9 for id, value in row.items())
        wrong += not same
        total = f"{sum(there.values()):g}" if there else "no grade"
        print(f"{name}: image {total}, gatelab grade {sum(row.values()):g}{'' if same else '  DIFFERS'}")
    print(f"{len(ours) - wrong} of {len(ours)} have the same points in every question.")
    return 1 if wrong or not ours else 0


if __name__ == "__main__":
    sys.exit(main())
