"""The grading image without a container engine: an empty Debian in which the zip's own scripts install everything and grade.

`debootstrap` makes the system, the zip's own setup.sh installs the environment in it, and run_autograder grades each file by
`chroot`, in namespaces of its own for mounts and processes, which end with it. Packages are taken from a folder of wheels that is
put into the zip's `wheels`, as autograder/gradescope/README.md says, because an empty system does not know this machine's index.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
RELEASE = "bookworm"
# /dev as a container has it: a submission's process needs null, random numbers and shared memory, and no disk.
INSIDE = """\
mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/dev" && mkdir "$1/dev/shm" && mount -t tmpfs tmpfs "$1/dev/shm" || exit 90
for name in null zero full random urandom; do
    touch "$1/dev/$name" && mount --bind "/dev/$name" "$1/dev/$name" || exit 90
done
ln -s /proc/self/fd "$1/dev/fd"
root="$1"; shift
exec chroot "$root" "$@"
"""


class NotMade(Exception):
    """A sentence that says which part of the system could not be made, and what the program printed."""


def missing() -> str:
    """A sentence that says why it is not possible here; "" if it is."""
    if os.geteuid() != 0:
        return "debootstrap and chroot need root"
    if not shutil.which("debootstrap"):
        return "debootstrap is not installed (`apt-get install debootstrap`)"
    return ""


def make(root: Path, zip_file: Path) -> None:
    """Make the system below `root`, with the zip in /autograder/source, and let the zip's setup.sh install the environment."""
    _run("debootstrap", "--variant=minbase", RELEASE, root)
    source = root / "autograder" / "source"
    source.mkdir(parents=True)
    with zipfile.ZipFile(zip_file) as packed:
        packed.extractall(source)
    _wheels(source)
    _run(*_within(root, "bash", "/autograder/source/setup.sh"))


def grade(root: Path, file: Path) -> dict[str, Any]:
    """The results.json of one submission, made as on Gradescope: two folders are emptied, the file is put in, the script is started."""
    for name in ("submission", "results"):
        shutil.rmtree(root / "autograder" / name, ignore_errors=True)
        (root / "autograder" / name).mkdir()
    copied(file, root / "autograder" / "submission")
    done = subprocess.run(
        _within(root, "bash", "/autograder/source/run_autograder"),
        capture_output=True,
        text=True,
        errors="replace",
    )
    found = root / "autograder" / "results" / "results.json"
    if not found.is_file():
        raise NotMade(f"{file.name}: no results.json, exit code {done.returncode}: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return result


def copied(path: Path, folder: Path) -> None:
    """Copy a file, or a folder with its contents, into a folder."""
    copy = shutil.copytree if path.is_dir() else shutil.copy
    copy(path, folder / path.name)


def _wheels(source: Path) -> None:
    """Put the wheels of all pins next to the zip's files: those in WHEELS, or downloaded with this machine's pip settings."""
    wheels = source / "wheels"
    if given := os.environ.get("WHEELS"):
        shutil.copytree(given, wheels)
        return
    pins = source / "requirements.txt"
    torch = next(line for line in pins.read_text(encoding="utf-8").splitlines() if line.startswith("torch=="))
    fetch(wheels, "--no-deps", *of_cpu(torch))
    fetch(wheels, "--find-links", wheels, "--constraint", source / "constraints.txt", "-r", pins)


def fetch(wheels: Path, *words: str | Path) -> None:
    """Download wheels into a folder, with this machine's pip settings."""
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", wheels, *words)


def of_cpu(torch: str) -> list[str]:
    """pip's arguments for the CPU build of a pinned torch."""
    return ["--extra-index-url", os.environ.get("CPU_INDEX", CPU_INDEX), f"{torch}+cpu"]


def _within(root: Path, *command: str) -> list[str | Path]:
    """Run a command inside the system, with a clean environment; its mounts and processes end with it."""
    clean = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]
    return [*clean, "unshare", "--mount", "--pid", "--fork", "bash", "-c", INSIDE, "bash", root, *command]


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise NotMade(
            f"`{' '.join(map(str, command[:3]))} …` ended with exit code {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        )
