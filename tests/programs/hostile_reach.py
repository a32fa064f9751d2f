"""Which lines of worker/ and confine/ do the hostile submissions reach? `make reached` writes docs/reached.md.

python tests/programs/hostile_reach.py --lab LAB [--submissions N] [--jobs 2]      grades the attempts, then writes the page
python tests/programs/hostile_reach.py --lab LAB --page                            writes the page of what was reached before
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers import reached_lines

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("sandbox/confine", "sandbox/worker")
BYTES = ROOT / "out" / "reached.bin"
COUNT = BYTES.with_suffix(".count")  # submissions that were graded
STATE = BYTES.with_suffix(".state")  # of which commit
PAGE = ROOT / "docs" / "reached.md"
SECONDS = 12  # wall time of the first question


def grade(name: str, submissions: int, jobs: int) -> None:
    from gatelab.audit.notebooks import write_notebook
    from gatelab.grading.engine import Engine
    from gatelab.lab.spec import Lab
    from hostile.doors import whole_course
    from hostile.target import target_of
    from programs import engine_growth

    BYTES.unlink(missing_ok=True)
    reached_lines.start(BYTES, ROOMS)
    STATE.write_text(reached_lines.state(), encoding="utf-8")
    graded = 0
    with tempfile.TemporaryDirectory() as folder:
        target = target_of(Lab.in_repository(ROOT, name))
        lab = Lab.in_repository(whole_course(Path(folder) / "course", target.lab, SECONDS))
        some = engine_growth.class_of(Path(folder) / "class", target)[:submissions]
        some.append(("good", write_notebook(Path(folder) / "good.ipynb", lab, {})))
        container = {"without": ["namespaces"], "landlock": 5}
        for settings in (container, {"without": ["seccomp"]}, {}):
            part = some if not settings else some[:8]  # less of a machine once too
            engine = Engine(lab, jobs=jobs)
            engine.simulated_limits.update(settings)
            with engine:
                for count, report in enumerate(engine.grade_all(part, target.loadings, training=False), 1):
                    graded += 1
                    COUNT.write_text(str(graded), encoding="ascii")
                    print(
                        f"{settings or 'all'}: {count} of {len(part)}: {report.submission}: {report.status}",
                        flush=True,
                    )


def page() -> str:
    marked = reached_lines.reached(BYTES, ROOMS)
    all = {path: reached_lines.lines(path) for path in marked}
    rest = {path: sorted(all[path] - marked[path]) for path in marked}
    total, left = sum(map(len, all.values())), sum(map(len, rest.values()))
    text = [
        "# Lines that no hostile submission reaches", "",
        f"Of the {total} lines in functions of `worker/` and `confine/`, {COUNT.read_text(encoding='ascii')} hostile submissions",
        f"(`tests/hostile`, `tests/engine/grading/test_tidying.py`) reached {total - left} ({100 * (total - left) / total:.0f} %), on Linux as root, some of them without",
        f"namespaces, with Landlock 5 or without libseccomp. {STATE.read_text(encoding='utf-8')} `make reached` writes this page.", "",
        "| file | lines | never reached |", "| --- | --- | --- |",
    ]  # fmt: skip
    for path, missed in rest.items():
        if all[path]:
            name = path.relative_to(reached_lines.ENGINE)
            text.append(f"| {name} | {len(all[path])} | {reached_lines.ranges(missed) or '–'} |")
    return "\n".join([*text, "", *_why(), ""])


def _why() -> list[str]:
    """The text that people wrote below the table."""
    if not PAGE.is_file() or "\n## " not in (text := PAGE.read_text(encoding="utf-8")):
        return []
    return ["## " + text.split("\n## ", 1)[1].rstrip()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lab", required=True, help="the lab's folder in assignment/")
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--page", action="store_true")
    asked = parser.parse_args()
    if not asked.page:
        grade(asked.lab, asked.submissions, asked.jobs)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")


if __name__ == "__main__":
    main()
