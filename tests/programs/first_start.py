"""Runs a student's first command to its end, over a bad connection: `make start`. Prints how long it takes and how much disk space it needs.

    python tests/programs/first_start.py --lab LAB [--uv]

The handout is copied to an empty folder, and `start.py --no-open` is run there until it prints Ready. It uses an index on this machine
that breaks off the first download of every large file halfway; once, start.py is also killed in the middle of its work. Then the
checks of the untouched notebook are run in the environment that it made. The packages are fetched beforehand, with this machine's
pip settings, and served by our own index, because the real one cannot be made to break off. --uv: with `uv run start.py`, as in
docs/students-first-hour.md.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers import image_by_chroot

ROOT = Path(__file__).resolve().parents[2]
LARGE = 4 << 20  # bytes
TRIES = 6
LINK = '<a href="/files/{0}">{0}</a>\n'


class BadLine(http.server.BaseHTTPRequestHandler):
    """An index of the wheels in a folder, which ends the connection halfway through each large file, once."""

    broken: ClassVar[set[str]] = set()

    def __init__(self, wheels: Path, large: int, *given: object) -> None:
        self.wheels, self.large = wheels, large
        super().__init__(*given)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        name = self.path.strip("/").rpartition("/")[2]
        if self.path.startswith("/files/"):
            self._file(self.wheels / name.replace("%2B", "+"))
            return
        of = [wheel.name for wheel in sorted(self.wheels.glob("*.whl")) if _project(wheel.name) == name]
        self._answer(200 if of else 404, "text/html", "".join(map(LINK.format, of)).encode())

    def _file(self, wheel: Path) -> None:
        data = wheel.read_bytes()
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if len(data) < self.large or wheel.name in self.broken:
            self._answer(206 if begin else 200, "application/octet-stream", data[begin:], begin, len(data))
            return
        self.broken.add(wheel.name)
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True

    def _answer(self, code: int, kind: str, body: bytes, begin: int = 0, whole: int = 0) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if kind == "application/octet-stream":
            self.send_header("Cache-Control", "max-age=365000000, immutable, public")
        if code == 206:
            self.send_header("Content-Range", f"bytes {begin}-{whole - 1}/{whole}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Logs nothing: pip prints enough."""


def _project(wheel: str) -> str:
    return re.sub(r"[-_.]+", "-", wheel.split("-")[0]).lower()


def serve(wheels: Path, large: int) -> str:
    """Serve the wheels in a folder. Files of at least this many bytes are complete only at the second try. Returns the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(BadLine, wheels, large))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def fetch(start: Path, wheels: Path) -> None:
    """Download the wheels that start.py asks for, with their dependencies, into a folder."""
    text = start.read_text(encoding="utf-8")
    pins = (start.parent / "requirements.txt").read_text(encoding="utf-8").split("\n")
    pins = [line for line in pins if re.match(r"[a-z]", line)]
    torch = [line for line in pins if line.startswith("torch==")]
    alone = [line for line in pins if line.startswith("otter-grader==")] + re.findall(
        r'"(fica==[^"]+)"', text
    )
    rest = [line for line in pins if line not in [*alone, *torch]]
    rest += re.findall(r'^    "([a-z0-9-]+==[^"]+)"', text, re.MULTILINE)
    for line in torch:
        image_by_chroot.fetch(wheels, *image_by_chroot.of_cpu(line))
    image_by_chroot.fetch(wheels, "--no-deps", *alone)
    image_by_chroot.fetch(wheels, "--find-links", wheels, *rest)


def run(command: list[str], folder: Path, address: str, killed: bool = False) -> int:
    """Run start.py with only that index; `killed`: kill it when its second step has begun. Returns the exit code."""
    of_ours = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"{address}/simple",
        "PIP_CACHE_DIR": f"{folder}-cache",
        "UV_OFFLINE": "1",
    }
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV"))
    }
    begun = subprocess.Popen(
        command, cwd=folder, env={**kept, **of_ours}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )  # fmt: skip
    assert begun.stdout is not None
    for line in begun.stdout:
        print(f"    {line.rstrip()}", flush=True)
        if killed and line.startswith("2/4"):
            os.killpg(begun.pid, signal.SIGKILL)
            print("    (killed)")
    return begun.wait()


def size(folder: Path) -> float:
    """The size in GB, counting each file once."""
    files = {(at := path.lstat()).st_ino: at.st_size for path in folder.rglob("*") if not path.is_symlink()}
    return sum(files.values()) / 1e9


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lab", required=True)
    parser.add_argument("--uv", action="store_true", help="start with `uv run`")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, wheels = Path(name) / "handout", Path(name) / "wheels"
        shutil.copytree(ROOT / "release" / asked.lab, folder)
        print("fetching the packages …", flush=True)
        fetch(folder / "start.py", wheels)
        print(f"{len(list(wheels.iterdir()))} wheels, {size(wheels) * 1000:.0f} MB")
        address = serve(wheels, LARGE)
        python = ["uv", "run"] if asked.uv else [getattr(sys, "_base_executable", sys.executable)]
        begun, codes = (
            time.monotonic(),
            [run([*python, "start.py", "--no-open"], folder, address, killed=True)],
        )
        while codes[-1] and len(codes) < TRIES:
            codes.append(run([*python, "start.py", "--no-open"], folder, address))
        took = time.monotonic() - begun
        print(f"exit codes {codes}; {len(BadLine.broken)} downloads were broken off")
        print(f"{took:.0f} s, {size(folder / '.venv'):.2f} GB")
        after = [run([*python, "start.py", word], folder, address) for word in ("--check", "check")]
    print(
        f"--check: exit code {after[0]} (0: ready); check of the untouched notebook: {after[1]} (1: not all pass)"
    )
    return 0 if codes[-1] == 0 and after == [0, 1] else 1


if __name__ == "__main__":
    sys.exit(main())
