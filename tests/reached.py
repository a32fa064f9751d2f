"""Which lines of worker/ and confine/ do the hostile submissions reach? `make reached` writes docs/reached.md.

    python tests/reached.py [--submissions N] [--jobs 2]      grades the attempts, then writes the page
    python tests/reached.py --page                            writes the page of what was reached before

coverage.py cannot see these lines: a worker ends by `os._exit` or is killed, and may write no file by then. Here every line
has a byte in a file that the fork server has mapped before it forks (out/reached.bin), which all its forks share.
"""

from __future__ import annotations

import argparse
import mmap
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parents[1]
KIT = ROOT / "autograder" / "gatelab" / "sandbox"
BYTES = ROOT / "out" / "reached.bin"
COUNT = BYTES.with_suffix(".count")  # submissions that were graded
PAGE = ROOT / "docs" / "reached.md"
FILES = sorted(path for folder in ("confine", "worker") for path in (KIT / folder).glob("*.py"))
MOST = 2000  # lines of a file
SECONDS = 12  # wall time of q1

# What the fork server runs instead of itself: first the tracer, then what it always is.
LAUNCH = """
import sys
sys.path[:0] = {path!r}
import reached
reached.trace()
import runpy
runpy.run_module("gatelab.sandbox.worker.zygote", run_name="__main__", alter_sys=True)
"""


def trace() -> None:
    """Mark every line of FILES that this process, or a fork of it, comes to."""
    import threading

    with open(BYTES, "r+b") as file:
        marks = mmap.mmap(file.fileno(), len(FILES) * MOST)
    places = {str(path): k * MOST for k, path in enumerate(FILES)}

    def look(frame, event, argument):
        start = places.get(frame.f_code.co_filename)
        if start is None:
            return None

        def line(frame, event, argument):
            if event == "line":
                marks[start + frame.f_lineno] = 1
            return line

        marks[start + frame.f_lineno] = 1
        return line

    threading.settrace(look)
    sys.settrace(look)


def lines(path: Path) -> set[int]:
    """The lines of a file's functions that can be reached; what runs at its import says nothing."""

    def of(code: CodeType) -> Iterator[int]:
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                if constant.co_flags & 2:  # a function's, not a class's
                    yield from (
                        line
                        for _, _, line in constant.co_lines()
                        if line not in (None, constant.co_firstlineno)
                    )
                yield from of(constant)

    return set(of(compile(path.read_text(encoding="utf-8"), str(path), "exec")))


def missed() -> dict[Path, tuple[int, list[int]]]:
    """File → how many lines can be reached, and those that were not."""
    data = BYTES.read_bytes()
    found = {}
    for k, path in enumerate(FILES):
        all = lines(path)
        found[path] = len(all), sorted(line for line in all if not data[k * MOST + line])
    return found


def grade(submissions: int, jobs: int) -> None:
    import flat
    from hostile.doors import whole_course

    import gatelab.sandbox.forkserver as forkserver
    from gatelab.audit.notebooks import write_notebook
    from gatelab.grading.engine import Engine
    from gatelab.lab.spec import Lab

    BYTES.parent.mkdir(exist_ok=True)
    BYTES.write_bytes(bytes(len(FILES) * MOST))
    graded = 0
    launch = LAUNCH.format(path=[str(ROOT / "tests"), str(ROOT / "autograder")])
    start = forkserver.subprocess.Popen

    def started(command, **more):
        if "gatelab.sandbox.worker.zygote" in command:
            at = command.index("-m")
            command = [*command[:at], "-c", launch, *command[at + 2 :]]
        return start(command, **more)

    forkserver.subprocess.Popen = started
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab.in_repository(whole_course(Path(folder) / "course", SECONDS))
        some = flat.class_of(Path(folder) / "class", lab)[:submissions]
        some.append(("good", write_notebook(Path(folder) / "good.ipynb", lab, {})))
        container = {"without": ["namespaces"], "landlock": 5}
        for settings in (container, {"without": ["seccomp"]}, {}):
            part = some if not settings else some[:8]  # less of a machine once too
            engine = Engine(lab, jobs=jobs)
            engine.pretended.update(settings)
            with engine:
                for count, report in enumerate(engine.grade_all(part, flat.QUESTIONS, training=False), 1):
                    graded += 1
                    COUNT.write_text(str(graded), encoding="ascii")
                    print(
                        f"{settings or 'all'}: {count} of {len(part)}: {report.submission}: {report.status}",
                        flush=True,
                    )


def page() -> str:
    found = missed()
    total, left = sum(count for count, _ in found.values()), sum(len(rest) for _, rest in found.values())
    text = [
        "# Lines that no hostile submission reaches", "",
        f"Of the {total} lines in functions of `worker/` and `confine/`, {COUNT.read_text(encoding='ascii')} hostile submissions",
        f"(`tests/hostile`, `tests/engine/grading/test_tidying.py`) reached {total - left} ({100 * (total - left) / total:.0f} %), on Linux as root, some of them without",
        "namespaces, with Landlock 5 or without libseccomp. `make reached` writes this page.", "",
        "| file | lines | never reached |", "| --- | --- | --- |",
    ]  # fmt: skip
    for path, (count, rest) in found.items():
        if count:
            text.append(f"| {path.relative_to(KIT)} | {count} | {_ranges(rest) or '–'} |")
    return "\n".join([*text, "", *_why(), ""])


def _ranges(numbers: list[int]) -> str:
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number <= parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{part[0]}" if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


def _why() -> list[str]:
    """What stands below the table, which people write."""
    if not PAGE.is_file() or "\n## " not in (text := PAGE.read_text(encoding="utf-8")):
        return []
    return ["## " + text.split("\n## ", 1)[1].rstrip()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--page", action="store_true")
    asked = parser.parse_args()
    if not asked.page:
        grade(asked.submissions, asked.jobs)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
