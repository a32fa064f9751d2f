"""What setup.sh does to an empty image, recorded by stand-ins for the programs that it calls.

Whether the image then grades is for `make image`, which needs a container engine.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SETUP = ROOT / "autograder" / "gradescope" / "setup.sh"

# An interpreter of a version that fits or does not ($FITS), whose `-m venv FOLDER` makes a folder of stand-ins.
PYTHON = """\
echo "$(basename "$0") $*" >> "$LOG"
case "$*" in
    *ensurepip*) [ "$FITS" = yes ]; exit ;;
    "-m venv "*) mkdir -p "$3/bin"; cp "$STANDINS/pip" "$3/bin/pip"; cp "$0" "$3/bin/python" ;;
    *purelib*) echo "$PURELIB" ;;
esac
"""
PIP = """\
echo "pip $*" >> "$LOG"
case "$1" in list) printf '%s\\n' "${INSTALLED:-torch==2.13.0}" ;; esac
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An /autograder of the kit's own files and a folder of stand-ins."""
    source, programs = tmp_path / "autograder" / "source", tmp_path / "programs"
    for folder in (source, programs, tmp_path / "purelib"):
        folder.mkdir(parents=True)
    (source / "requirements.txt").write_text("numpy==2.4.6\ntorch==2.13.0\n")
    for name, does in {
        "python3": PYTHON, "pip": PIP, "apt-get": 'echo "apt-get $*" >> "$LOG"\n',
        "curl": 'echo "curl $*" >> "$LOG"; : > "$3"\n',
    }.items():  # fmt: skip
        (programs / name).write_text(f"#!/bin/sh\n{does}")
        (programs / name).chmod(0o755)
    return tmp_path


def calls(image: Path, code: int = 0, **settings: str) -> list[str]:
    """How the programs were called."""
    environment = {
        "PATH": f"{image / 'programs'}:{os.environ['PATH']}", "AUTOGRADER_ROOT": str(image / "autograder"),
        "GATELAB_HOME": str(image / "home"), "LOG": str(image / "log"), "STANDINS": str(image / "programs"),
        "PURELIB": str(image / "purelib"), "FITS": "yes", **settings,
    }  # fmt: skip
    done = subprocess.run(["bash", SETUP], env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return (image / "log").read_text().splitlines()


def installs(said: list[str]) -> list[str]:
    return [
        line.removeprefix("pip install --no-cache-dir --constraint ")
        for line in said
        if line.startswith("pip install")
    ]


def test_torch_comes_from_the_cpu_index_and_everything_has_the_locked_version(image: Path) -> None:
    source = image / "autograder" / "source"
    said = calls(image)
    assert installs(said) == [
        f"{source}/constraints.txt --no-deps --index-url https://download.pytorch.org/whl/cpu torch==2.13.0",
        f"{source}/constraints.txt -r {source}/requirements.txt",
    ]
    assert not any(line.startswith(("curl", "conda")) for line in said)
    assert (image / "purelib" / "gatelab.pth").read_text() == f"{source}/files/kit/autograder\n"
    assert (image / "autograder" / "submission_metadata.json").read_text() == "{}\n"


def test_another_index_can_be_named(image: Path) -> None:
    assert (
        "--index-url https://mirror.example.org/cpu torch=="
        in installs(calls(image, CPU_INDEX="https://mirror.example.org/cpu"))[0]
    )


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_of_wheels_needs_no_index(image: Path, named: bool) -> None:
    """Named by WHEELS, or packed into the zip as `wheels`."""
    wheels = image / "w" if named else image / "autograder" / "source" / "wheels"
    wheels.mkdir()
    for line in installs(calls(image, **({"WHEELS": str(wheels)} if named else {}))):
        assert f"--no-index --find-links {wheels}" in line and "--index-url" not in line


def test_cuda_packages_stop_it(image: Path) -> None:
    calls(image, code=1, INSTALLED="nvidia-cudnn-cu12==9.1")


def test_an_unsupported_python_is_not_used(image: Path) -> None:
    """Debian's package is tried, then Miniforge; without the internet that ends the build, and says at what."""
    said = calls(image, code=127, FITS="no")
    apt = [line for line in said if line.startswith("apt-get install")]
    assert apt[-1].endswith("python3 python3-venv")
    assert any("Miniforge3-Linux-" in line for line in said if line.startswith("curl"))
    assert not installs(said)
