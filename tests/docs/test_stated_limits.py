"""A limit that a page states is the one that decides: the one in limits.py, or in the file that holds it where there is no Python."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gatelab.handed_out import limits as handed_out
from gatelab.limits import (
    ALL_END_SECONDS,
    ARCHIVE_DEPTH,
    CLUSTER_IDLE_SECONDS,
    FREE_MEMORY,
    GIB,
    MIB,
    STUDENTS,
    WARDEN_LOOK_SECONDS,
    WORKER_CPU,
    WORKER_DISK,
    WORKER_FILE,
    WORKER_MEMORY,
    WORKER_PROCESSES,
)

WORDS = {"five": 5, "two": 2, "four": 4}
MEMORY = WORKER_MEMORY // GIB
# page → what it says of a limit, and the limit
STATED: dict[str, list[tuple[str, float]]] = {
    "SECURITY.md": [
        (r"limits allow: (\d+) GiB of memory", MEMORY),
        (r"GiB of memory, (\d+) s of processor time", WORKER_CPU),
        (r"and (\d+) processes, for each", WORKER_PROCESSES),
        (r"checks (\w+) times a second", 1 / WARDEN_LOOK_SECONDS),
        (r"a (\d+) MiB in-memory file system", WORKER_DISK // MIB),
        (r"temporary folder, (\d+) MiB per file", WORKER_FILE // MIB),
        (r"more than (\d+) GiB\.", MEMORY),
    ],
    "docs/how-it-grades.md": [(r"processes together have (\d+) GiB", MEMORY)],
    "docs/many-machines.md": [
        (r"submission may use (\d+) GiB", MEMORY),
        (r"container\) (\d+) GiB for each", MEMORY),
        (r"plus (\d+) GiB\.", (FREE_MEMORY - WORKER_MEMORY) // GIB),
        (r"idle for (\w+) minutes", CLUSTER_IDLE_SECONDS / 60),
        (r'memory="(\d+)GB"', 16 * MEMORY + 2),  # one Slurm job with 16 cores
        (r'requests": \{"cpu": "4", "memory": "(\d+)Gi"', 4 * MEMORY + 2),
        (r'limits": \{"memory": "(\d+)Gi"', 4 * MEMORY + 2),
    ],
    "docs/intake-and-export.md": [
        (r"limit: (\d+) MiB packed", STUDENTS.packed // MIB),
        (r"packed, (\d+) GiB unpacked", STUDENTS.total // GIB),
        (r"unpacked, ([\d,]+) files", STUDENTS.entries),
        (r"nested (\d+) deep", ARCHIVE_DEPTH),
        (r"a notebook of\s+(\d+) MiB", STUDENTS.file // MIB),
    ],
    "docs/gradescope.md": [(r"more than (\d+) GB of memory", MEMORY)],
    "docs/students-first-hour.md": [
        (r"after (\d+) seconds, which line is running", handed_out.PATIENCE_SECONDS),
        (r"cut off after (\d+) lines", handed_out.PRINTED_LINES),
    ],
    "autograder/gradescope/README.md": [
        (r"may use up to (\d+) GiB", MEMORY),
        (r"more than (\d+) GB \| recommended", MEMORY),
    ],
}
# Sizes of memory, files and disks on those pages that no pattern above reads, and what they are
OTHERS = {
    "docs/gradescope.md": {"768 MB": "Gradescope's default container", "2 GB": "the image, measured"},
    "autograder/gradescope/README.md": {"768 MB": "Gradescope's default container", "477 MB": "measured"},
    "docs/students-first-hour.md": {
        "350 MB": "measured",
        "1.6 GB": "measured",
        "1.55 GB": "measured",
        "754 MB": "measured",
        "50 MB": "an example of a line in a lab's requirements.txt",
        "200 MB": "the same",
    },
}


def number(text: str) -> float:
    return WORDS[text] if text in WORDS else float(text.replace(",", ""))


@pytest.mark.parametrize("page", STATED)
def test_a_page_states_the_limits_that_decide(root: Path, page: str) -> None:
    text = (root / page).read_text(encoding="utf-8")
    for pattern, limit in STATED[page]:
        stated = re.findall(pattern, text)
        assert [number(found) for found in stated] == [limit] * max(1, len(stated)), pattern


@pytest.mark.parametrize("page", STATED)
def test_every_size_on_these_pages_is_compared(root: Path, page: str) -> None:
    text = (root / page).read_text(encoding="utf-8")
    read = [match.span(1) for pattern, _ in STATED[page] for match in re.finditer(pattern, text)]
    sizes = [
        match
        for match in re.finditer(r"([\d.,]+) ?[KMG]i?B\b", text)
        if not any(begin <= match.start(1) < end for begin, end in read)
    ]
    assert {size[0] for size in sizes} == set(OTHERS.get(page, {}))


def test_what_a_killed_command_started_is_gone_in_the_time_that_is_promised(root: Path) -> None:
    stated = re.search(r"gone within (\d+) s", (root / "SECURITY.md").read_text(encoding="utf-8"))
    assert stated is not None and float(stated[1]) > ALL_END_SECONDS


def test_the_time_on_gradescope_is_that_of_the_script(root: Path) -> None:
    script = (root / "autograder" / "gradescope" / "run_autograder").read_text(encoding="utf-8")
    whole, rest = re.search(r"GATELAB_SECONDS:-(\d+)", script), re.search(r"seconds - (\d+)", script)
    assert whole is not None and rest is not None
    seconds, less = int(whole[1]), int(rest[1])
    pages = [
        (root / name).read_text("utf-8") for name in ("docs/gradescope.md", "autograder/gradescope/README.md")
    ]
    assert f"change `{seconds}` in" in pages[0] and f"no result after {seconds} seconds" in pages[0]
    assert f"stops by itself {seconds - less} s after its start" in pages[0]
    assert f"default {seconds}, because" in pages[1] and f"default: {less} less than" in pages[1]
