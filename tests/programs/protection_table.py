"""What remains of the protection on a machine that has less, and the table of it in SECURITY.md.

    python tests/programs/protection_table.py            tries everything on this machine (as root) and writes the table
    python tests/programs/protection_table.py --try      as this user: tries every combination and prints JSON (used by the former)

A combination is who grades (WHO), whether libseccomp is there, and the level of Landlock. Each is set up for a real
worker, which then runs NOTEBOOK: the attempts of a hostile notebook that looks for a way out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gatelab.sandbox.confine import REQUIRED
from gatelab.sandbox.confine.apply import provided_pieces

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "SECURITY.md"
MARKS = ("<!-- the matrix, written by tests/programs/protection_table.py -->", "<!-- end of the matrix -->")
LEVELS = range(8)
# The capabilities that root has in a container by default (Docker's and containerd's list).
CONTAINER = (
    "chown,dac_override,fsetid,fowner,mknod,net_raw,setgid,setuid,setfcap,setpcap,net_bind_service,sys_chroot,kill,"
    "audit_write"
)
USER = "65534"
# Who grades → the command in front of the interpreter, and the mechanisms that its workers do not use.
WHO: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "root, all capabilities": ([], ()),
    "root, a container's capabilities": (
        ["setpriv", "--inh-caps=-all", "--bounding-set=-all," + ",".join(f"+{cap}" for cap in CONTAINER.split(","))], ()),
    "a user, namespaces allowed": (["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"], ()),
    "a user, namespaces refused": (["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"], ("namespaces",)),
}  # fmt: skip

# Prints what it reached. It uses system calls, because Python's functions are redirected (worker/redirected_files.py). SECRETS are files of
# the grader: one that no worker may read, and one among the libraries.
NOTEBOOK = """
import posix as os, socket
from _io import open
reached = []
def attempt(name, what):
    try:
        if what() is not False:
            reached.append(name)
    except (OSError, OverflowError, AttributeError):
        pass
own = {os.getpid()}
for pid in sorted({*range(1, 400), os.getppid(), *GRADERS} - own - {0}):
    attempt("signals", lambda: os.kill(pid, 0))
for path in (SECRETS[0], "/etc/passwd", "/etc/hostname", "/proc/1/environ"):
    attempt("read", lambda: open(path).read(1))
attempt("read", lambda: os.listdir("/") or False)
for place in (*FOLDERS, "/tmp", "/var/tmp", "/dev/shm"):
    attempt("write", lambda: open(place + "/gatelab-left", "w").close())
for path in SECRETS:
    attempt("write", lambda: open(path, "a").close())
    attempt("write", lambda: os.truncate(path, 1))
    attempt("write", lambda: os.close(os.open(path, os.O_RDONLY | os.O_TRUNC)))
    attempt("write", lambda: os.chmod(path, 0o600))
    attempt("write", lambda: os.utime(path, (0, 0)))
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    def reach(kind=kind):
        with socket.socket(socket.AF_INET, kind) as line:
            line.settimeout(0.5)
            line.connect(("127.0.0.1", PORT))
            line.send(b"x")
    attempt("network", reach)
def knock():
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(DOOR)
attempt("socket", knock)
attempt("root", lambda: os.setuid(0))
print("REACHED", *sorted(set(reached)))
"""


def combinations() -> Iterator[tuple[str, bool, int]]:
    """Who grades, whether libseccomp is there, the level of Landlock."""
    for who in WHO:
        for filtered in (True, False):
            for level in LEVELS:
                yield who, filtered, level


def expected(who: str, filtered: bool, level: int) -> dict[str, bool]:
    """Piece → whether it is on, as documented."""
    namespaces = who in ("root, all capabilities", "a user, namespaces allowed")
    alone = who.startswith("root")
    return provided_pieces(namespaces, level, filtered, alone) | {
        "limits": True,
        "user": True,
        "disk": namespaces,
    }


def key(filtered: bool, level: int, namespaces: bool) -> str:
    return f"{int(filtered)}{level}{int(namespaces)}"


def tried() -> dict[str, Any]:
    """Try every combination as this user: key → what was reported and what the notebook reached."""
    from gatelab.lab.spec import Lab
    from gatelab.sandbox import process
    from gatelab.sandbox.forkserver import ForkServer

    lab = Lab.in_repository(ROOT / "tests" / "engine" / "tiny-lab")
    found: dict[str, Any] = {}
    with (
        ForkServer(lab.package, lab.policy.preload) as server,
        Outside(server.folder) as outside,
    ):
        for namespaces in (True, False):
            for filtered in (True, False):
                for level in LEVELS:
                    without = [*([] if namespaces else ["namespaces"]), *([] if filtered else ["seccomp"])]
                    process.simulated_limits.update(landlock=level, without=without)
                    outside.lay()
                    worker = process.WorkerProcess(server.client, server.library)
                    source = outside.names((server.process.pid, os.getpid())) + NOTEBOOK
                    answer = worker.ask(
                        {"op": "cell", "source": source, "index": 0, "seconds": 10.0, "quick": False}, 30
                    )
                    text = worker.output.text()
                    worker.close()
                    worker.output.close()
                    said = next(
                        (line.split()[1:] for line in text.splitlines() if line.startswith("REACHED")),
                        [text, answer],
                    )
                    found[key(filtered, level, namespaces)] = {
                        "on": worker.protection, "lacks": worker.lacks, "reached": said, "laid": outside.changed(),
                    }  # fmt: skip
    process.simulated_limits.clear()
    return found


class Outside:
    """What a notebook must not reach: two files of the grader (one among the libraries), a service, a port."""

    def __init__(self, folder: Path) -> None:
        import socket

        self.folder = folder
        self.secrets = [folder / "secret.txt", folder / "library" / "secret.txt"]
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(folder / "service"))
        self.door.listen(1000)
        self.port = socket.create_server(("127.0.0.1", 0), backlog=1000)

    def lay(self) -> None:
        for path in self.secrets:
            path.write_text("a secret")
            path.chmod(0o644)
            os.utime(path, (10**9, 10**9))

    def changed(self) -> bool:
        """Whether a file was changed, or another left."""
        for path in self.secrets:
            status = path.stat()
            if path.read_text() != "a secret" or status.st_mode & 0o777 != 0o644 or status.st_mtime != 10**9:
                return True
        left = [Path(place, "gatelab-left") for place in (self.folder, "/tmp", "/var/tmp", "/dev/shm")]
        found = [path for path in left if path.exists()]
        for path in found:
            path.unlink()
        return bool(found)

    def names(self, graders: tuple[int, ...]) -> str:
        return (
            f"GRADERS, SECRETS, FOLDERS = {graders}, {list(map(str, self.secrets))}, {[str(self.folder)]}\n"
            f"PORT, DOOR = {self.port.getsockname()[1]}, {str(self.folder / 'service')!r}\n"
        )

    def __enter__(self) -> Outside:
        return self

    def __exit__(self, *_: object) -> None:
        self.door.close()
        self.port.close()


def tried_by(who: str) -> dict[str, Any]:
    """Run `tried` as another user. Raises CannotTry if that is not possible here."""
    before, _ = WHO[who]
    if before and (os.geteuid() != 0 or shutil.which("setpriv") is None):
        raise CannotTry("takes root and setpriv")
    with tempfile.TemporaryDirectory() as folder:
        python = sys.executable if who.startswith("root") else interpreter_for_others(Path(folder))
        command = [*before, python, str(Path(__file__)), "--try"]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-4000:])
    return json.loads(done.stdout.splitlines()[-1])


class CannotTry(Exception):
    """This machine lacks what is needed for this."""


def interpreter_for_others(folder: Path) -> str:
    """A Python that every user can start, with this one's packages. If ours is in a closed home folder, a copy is made in `folder`."""
    real = Path(sys.executable).resolve()
    if all(step.stat().st_mode & 0o001 for step in real.parents):
        return sys.executable
    base = shutil.which(
        f"python{sys.version_info.major}.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin"
    )
    if base is None:
        raise CannotTry(
            f"{real} lies in a folder that other users cannot enter, and there is no other of its version"
        )
    folder.chmod(0o755)
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    packages = next((folder / "venv" / "lib").glob("python*/site-packages"))
    packages.joinpath("kit.pth").write_text(
        f"{sysconfig.get_paths()['purelib']}\n{ROOT / 'autograder'}\n", encoding="utf-8"
    )
    return str(folder / "venv" / "bin" / "python")


# The page.


def table() -> str:
    """Who grades and libseccomp by level of Landlock: graded or refused, and what is off."""
    groups = _groups()
    head = ["who grades", "libseccomp", *(_span("Landlock", group) for group in groups)]
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for who in WHO:
        for filtered in (True, False):
            cells = [_cell(expected(who, filtered, group[0])) for group in groups]
            lines.append(f"| {who} | {'yes' if filtered else 'no'} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _groups() -> list[list[int]]:
    """Levels that make no difference share a column."""
    groups: list[list[int]] = []
    for level in LEVELS:
        same = groups and all(
            expected(who, filtered, level) == expected(who, filtered, groups[-1][0])
            for who in WHO
            for filtered in (True, False)
        )
        groups[-1].append(level) if same else groups.append([level])
    return groups


def _span(name: str, group: list[int]) -> str:
    if group == [0]:
        return f"no {name}"
    return f"{name} {group[0]}" + (f"–{group[-1]}" if len(group) > 1 else "")


def _cell(on: dict[str, bool]) -> str:
    missing = [piece for piece in REQUIRED if not on[piece]]
    off = [piece for piece, there in on.items() if not there and piece not in REQUIRED]
    without = f", off: {', '.join(off)}" if off else ""
    return f"**refused**: {', '.join(missing)}{without}" if missing else f"graded{without}"


def write(page: Path = PAGE) -> None:
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0])
    page.write_text(
        f"{before}{MARKS[0]}\n\n{table()}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8"
    )


def main() -> None:
    if "--try" in sys.argv:
        print(json.dumps(tried()))
        return
    for who in dict.fromkeys(WHO):
        started = time.monotonic()
        found = tried_by(who)
        print(f"{who}: {len(found)} workers, {time.monotonic() - started:.0f} s")
        for name, said in found.items():
            print(
                " ",
                name,
                [piece for piece, on in said["on"].items() if not on],
                said["reached"],
                said["laid"],
                said["lacks"],
            )
    write()


if __name__ == "__main__":
    main()
