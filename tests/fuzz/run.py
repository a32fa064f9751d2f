"""Look for bytes that make a reader of strangers' bytes fail, guided by the lines that they reach (`make fuzz`).

    python tests/fuzz/run.py [TARGET …] --seconds 720        needs `pip install atheris`

What is found is written to out/fuzz/<target>/found/ with its traceback and the run goes on; the exit code is 1 then.
Inputs that reached something new are kept in out/fuzz/<target>/inputs/ and are where the next run begins.
`--keep N` copies the N smallest of them that together reach most into corpus/, which `make test` replays.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))
OUT = TESTS.parent / "out" / "fuzz"
CORPUS = Path(__file__).parent / "corpus"
LENGTH = 4096  # bytes of an input
FOUND = 20  # different findings of a target after which it is left


def one(name: str, seconds: int) -> None:
    """Fuzz one target in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(include=["gatelab", "csv", "json", "tomllib", "zipfile", "openpyxl"]):
        from fuzz import targets
    target, seeds = targets.target(name)
    inputs, found = OUT / name / "inputs", OUT / name / "found"
    for folder in (inputs, found):
        folder.mkdir(parents=True, exist_ok=True)
    if os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = (
            "/dev/shm"  # some inputs need a folder, and on a disk that takes most of their time
        )
    for seed in seeds():
        (inputs / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    seen: set[str] = set()

    def test(data: bytes) -> None:
        started = time.monotonic()
        try:
            target(data)
            if time.monotonic() - started > targets.SECONDS:
                raise AssertionError(f"took {time.monotonic() - started:.1f} s")
        except BaseException as error:
            places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
            sign = hashlib.sha1(repr((type(error), places[-3:])).encode()).hexdigest()[:10]
            if sign in seen:
                return
            seen.add(sign)
            (found / sign).write_bytes(data)
            (found / f"{sign}.txt").write_text(traceback.format_exc(), encoding="utf-8")
            print(f"FOUND {name} {sign}: {type(error).__name__}: {str(error)[:200]}", flush=True)
            if len(seen) >= FOUND:
                os._exit(1)

    options = [f"-max_total_time={seconds}", f"-max_len={LENGTH}", "-timeout=120", "-rss_limit_mb=4096", "-print_final_stats=1"]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={found}/", str(inputs)], test)
    atheris.Fuzz()


def keep(name: str, most: int) -> int:
    """Copy the smallest inputs into the corpus, one for each set of lines that no smaller one has reached."""
    from fuzz import targets

    target, _ = targets.target(name)
    known: set[tuple[str, int]] = set()
    chosen: list[tuple[int, bytes]] = []
    paths = sorted(
        (OUT / name / "inputs").iterdir(),
        key=lambda path: (path.stat().st_size if path.exists() else 0, path.name),
    )
    for path in paths:
        try:
            data, lines = path.read_bytes(), set()
        except FileNotFoundError:  # a run that goes on meanwhile has found a smaller one
            continue

        def trace(frame, event, arg, lines=lines):
            if "gatelab" not in frame.f_code.co_filename:
                return None
            if event == "line":
                lines.add((frame.f_code.co_filename, frame.f_lineno))
            return trace

        sys.settrace(trace)
        try:
            target(data)
        finally:
            sys.settrace(None)
        if new := len(lines - known):
            known |= lines
            chosen.append((new, data))
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    for _, data in sorted(chosen, key=lambda pair: -pair[0])[:most]:
        (folder / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)
    return min(most, len(chosen))


def main() -> int:
    from fuzz import TARGETS  # not targets.py itself, whose imports a run instruments

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=720, help="for each target")
    parser.add_argument("--keep", type=int, default=0, help="inputs to copy into the corpus; fuzzes nothing")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    names = given.targets or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"there is no target {unknown[0]}; there are {', '.join(TARGETS)}")
    if given.here:
        one(names[0], given.seconds)
    for name in names:
        if given.keep:
            print(f"{name}: {keep(name, given.keep)} inputs kept")
        else:
            command = [sys.executable, __file__, name, "--here", "--seconds", str(given.seconds)]
            subprocess.run(command, check=False)
    found = [path for name in names for path in (OUT / name / "found").glob("*.txt")]
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
