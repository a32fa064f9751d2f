"""Checks whether this machine can grade. Each check gives a finding that says what to do about it.

Nothing here imports torch, otter or nbgrader: a broken package must not break the check.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from pathlib import Path

from gatelab.handed_out.start import OLDEST
from gatelab.lab.requirements import kit_pins
from gatelab.limits import FREE_DISK, FREE_MEMORY, GIB
from gatelab.sandbox.forkserver import ForkServerLost, shared_temporary_folder

JUPYTER = 8888
INSTALL = "in the kit's folder: make, or pip install -e '.[dev]'"
PROGRAMS = {"otter": "otter-grader", "nbgrader": "nbgrader", "jupyter": "jupyter_core"}
CPU_TORCH = "pip install torch=={} --index-url https://download.pytorch.org/whl/cpu"


@dataclass(frozen=True)
class Finding:
    """The result of one check. `do`: what staff should do; "" if all is well."""

    what: str
    says: str
    do: str = ""


def python() -> Iterator[Finding]:
    """The interpreter and the system."""
    said = f"{platform.python_version()} in {sys.prefix}"
    do = (
        ""
        if sys.version_info >= OLDEST
        else f"install Python {OLDEST[0]}.{OLDEST[1]} or newer and make the environment with it"
    )
    yield Finding("Python", said, do)
    linux = sys.platform == "linux"
    yield Finding(
        "system",
        f"{platform.system()} {platform.release()}, {platform.machine()}",
        "" if linux else "grade on Linux (on Windows: in WSL); building and exporting work here",
    )


def torch() -> Finding:
    """Which torch is installed, which build it is, and whether it is the pinned version."""
    wanted = pins().get("torch", "")
    try:
        found = version("torch")
    except PackageNotFoundError:
        return Finding("torch", "not installed", CPU_TORCH.format(wanted))
    build = _build()
    said = f"{found}, {build}, in the pins {wanted or 'none'}"
    if wanted and found.split("+")[0] != wanted:
        return Finding("torch", said, f"points could move with another version; {CPU_TORCH.format(wanted)}")
    if build != "build for the processor":
        return Finding("torch", f"{said}; grading uses the processor only, so the smaller build would do")
    return Finding("torch", said)


def _build() -> str:
    """Which build of torch it is. This is read from a file, because importing torch takes seconds or may fail."""
    try:
        found = distribution("torch").locate_file("torch/version.py")
        text = Path(str(found)).read_text(encoding="utf-8")
    except (OSError, PackageNotFoundError):
        return "unknown build"
    for name in ("cuda", "hip", "xpu"):
        if given := re.search(rf"^{name}\b.*= '([^']+)'", text, re.MULTILINE):
            return f"build for {name.upper()} {given[1]}"
    return "build for the processor"


def pins() -> dict[str, str]:
    """Package → the version to which this kit pins it on this system."""
    try:
        lines = requires("gatelab") or []
    except PackageNotFoundError:
        return {}
    return {pin.name: pin.version for pin in kit_pins(lines) if pin.applies}


def packages() -> Iterator[Finding]:
    """Every pinned package, and the programs that the course uses."""
    wanted = pins()
    if not wanted:
        yield Finding("packages", "gatelab itself is not installed here", INSTALL)
        return
    other = []
    for name, pinned in wanted.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            other.append(f"{name} is missing")
            continue
        if found.split("+")[0] != pinned and name != "torch":
            other.append(f"{name} is {found} and not {pinned}")
    said = f"{len(wanted)} pinned, {'all as pinned' if not other else '; '.join(other)}"
    yield Finding("packages", said, INSTALL if other else "")
    yield from programs()


def programs() -> Iterator[Finding]:
    """Whether otter, nbgrader and Jupyter are installed, and whether their commands are those of this environment."""
    from_other_environment = []
    for program, package in PROGRAMS.items():
        place, on_path = Path(sys.executable).with_name(program), shutil.which(program)
        try:
            found = version(package)
        except PackageNotFoundError:
            yield Finding(program, "not installed", INSTALL)
            continue
        if not place.exists() and on_path is None:
            yield Finding(program, f"{package} {found}, but no command {program}", INSTALL)
            continue
        yield Finding(program, f"{package} {found}")
        if place.exists() and (on_path is None or Path(on_path).resolve() != place.resolve()):
            from_other_environment.append(program)
    if from_other_environment:
        folder = Path(sys.executable).parent
        yield Finding(
            "commands", f"typing {' or '.join(from_other_environment)} does not run the command of this environment",
            f"source {folder / 'activate'}",
        )  # fmt: skip


def kernel() -> Finding:
    """Whether Jupyter finds a Python kernel, which `gatelab build` runs the solved notebooks in."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        found = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding(
            "kernel", "Jupyter finds no kernel python3", "python -m ipykernel install --sys-prefix"
        )
    return Finding("kernel", f"python3 ({Path(found.resource_dir).resolve()})")


def disk_and_memory(here: Path) -> Iterator[Finding]:
    """Disk, memory, the temporary folder. `here`: where results will be written."""
    for what, folder in (("disk space", here), ("disk space, temporary", Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(folder).free
        do = f"make room on the disk of {folder}" if free < FREE_DISK else ""
        yield Finding(what, f"{free / GIB:.1f} GiB free at {folder}", do)
    if not os.access(here, os.W_OK):
        yield Finding(
            "folder", f"{here} cannot be written to", "change to a folder of your own, or give -o one"
        )
    try:
        yield Finding("temporary folder", str(shared_temporary_folder()))
    except ForkServerLost as error:
        yield Finding("temporary folder", "none that a worker can reach", str(error))
    memory = _memory()
    if memory is not None:
        do = "close other programs, or grade with --jobs 1" if memory < FREE_MEMORY else ""
        yield Finding("memory", f"{memory / GIB:.1f} GiB free", do)


def _memory() -> int | None:
    """Bytes of available memory; None if that is unknown."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^MemAvailable: *(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def ports() -> Iterator[Finding]:
    """Whether ports can be opened: Jupyter's kernels communicate over local ports, and JupyterLab and the formgrader listen on one."""
    if not _can_listen(0):
        yield Finding(
            "ports", "no port of this machine can be opened (127.0.0.1)",
            "allow connections within this machine: gatelab build and nbgrader run notebooks over them",
        )  # fmt: skip
        return
    free = _can_listen(JUPYTER)
    yield Finding(
        "ports",
        f"can be opened; {JUPYTER} is {'free' if free else 'taken, so jupyter lab takes the next one'}",
    )


def _can_listen(port: int) -> bool:
    try:
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            line.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
