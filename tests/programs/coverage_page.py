"""Which lines of the engine does no test reach? `make coverage` writes docs/coverage.md.

    python tests/programs/coverage_page.py

Reads what two tools found in one run of all tests: coverage.py in pytest's processes (from its data file, because its reports list only
the first line of a statement), and the marks of every process below a fork server (helpers/reached_lines.py, out/covered.bin).
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from coverage import CoverageData

from gatelab.build.checks import COPY, MARK
from helpers import reached_lines

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / ".coverage"
MARKS = ROOT / "out" / "covered.bin"
PAGE = ROOT / "docs" / "coverage.md"


def reached() -> dict[Path, set[int]]:
    """File of the engine → the lines that were reached."""
    below = reached_lines.reached(MARKS, reached_lines.ROOMS)
    found = {path: below.get(path, set()) for path in reached_lines.files(["."])}
    data = CoverageData(str(FOUND))
    data.read()
    copies = packages(ROOT)
    for name in data.measured_files():
        path = (ROOT / name).resolve()
        engine_path = original(path, copies)
        added = 0 if engine_path == path else lines_added(path)
        if engine_path in found and added is not None:
            found[engine_path] |= {line - added for line in data.lines(name) or ()}
    return found


def packages(root: Path) -> set[str]:
    """The labs' packages for students, which contain copies of the engine's files."""
    tables = [tomllib.loads(path.read_text("utf-8")) for path in root.glob("assignment/*/lab.toml")]
    return {table["package"] for table in tables if "package" in table}


def original(path: Path, copies: set[str]) -> Path:
    """The engine's file that a file is a copy of; for any other file, the file itself."""
    at = max((k for k, part in enumerate(path.parts) if part in copies), default=None)
    return path if at is None else reached_lines.ENGINE.joinpath("handed_out", *path.parts[at + 1 :])


def lines_added(path: Path) -> int | None:
    """How many lines at the top of a copy the engine's file does not have: the one by which the build says whose copy it is. None if
    it is no copy, but the lab's own file of that name."""
    content = path.read_bytes()
    if content.startswith(COPY.partition("{")[0].encode()):
        return 1
    return 0 if MARK in content else None


def table(found: dict[Path, set[int]]) -> list[str]:
    """A row for each package, followed by one for each file with lines that were not reached."""
    all = {path: reached_lines.lines(path) for path in found}
    missed = {path: sorted(all[path] - found[path]) for path in found}
    packages: dict[str, list[Path]] = {}
    for path in found:
        packages.setdefault(path.relative_to(reached_lines.ENGINE).parts[0], []).append(path)
    rows = ["| package | lines | reached |", "| --- | --- | --- |"]
    for package, paths in packages.items():
        if lines := sum(len(all[path]) for path in paths):
            rest = sum(len(missed[path]) for path in paths)
            rows.append(f"| {package} | {lines} | {100 * (lines - rest) / lines:.1f} % |")
    lines, rest = sum(map(len, all.values())), sum(map(len, missed.values()))
    rows.append(f"| all | {lines} | {100 * (lines - rest) / lines:.1f} % |")
    rows += ["", "| file | lines | never reached |", "| --- | --- | --- |"]
    for path, some in missed.items():
        if some:
            name = path.relative_to(reached_lines.ENGINE)
            rows.append(f"| {name} | {len(all[path])} | {reached_lines.ranges(some)} |")
    return rows


def below(page: Path) -> list[str]:
    """The text that people wrote below the tables."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    return ["", "## " + text.split("\n## ", 1)[1].rstrip()] if "\n## " in text else []


def main() -> None:
    head = [
        "# Lines of the engine that no test reaches",
        "",
        "Of the lines in functions, on Linux as root; what runs when a module is imported says nothing. A line counts as reached in the",
        "processes of pytest (coverage.py) or below a fork server of theirs, so in examiners, wardens and workers; commands that a test starts as",
        "a program of its own are not counted. `make coverage` writes the tables; the text below them is written by hand.",
        reached_lines.state(),
        "",
    ]
    PAGE.write_text("\n".join([*head, *table(reached()), *below(PAGE), ""]), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")


if __name__ == "__main__":
    main()
