"""What a feedback page was made from, so that one that would come out the same is not made again.

Each page carries a hash of everything that it was made from. A correction of one student then writes one page, not the class's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import gatelab
from gatelab.lab.spec import Lab
from gatelab.limits import PAGE_HEAD
from gatelab.report.by_hand.corrected_report import StaffInput
from gatelab.report.record.hashes import hash_of
from gatelab.submission.notebook_sections import sections

END = b"</html>"  # a truncated page lacks it
# A report's processor time and a mark's time: no page shows them.
CLOCK = {"seconds", "cpu_seconds", "wall_seconds", "given"}


def page_inputs_hash(lab: Lab, report: Path, given: StaffInput, called: str) -> str:
    """Hash of what a page is made from: the report as it is there, what people gave, the lab's own words, the kit. "" if there is no
    report to be read."""
    try:
        report_text = json.dumps(_timeless(json.loads(report.read_bytes())))
    except (OSError, ValueError, RecursionError):
        return ""
    words = (
        lab.heading,
        repr(sorted(sections(lab).items())),
        called,
        json.dumps(_timeless(asdict(given)), default=str),
    )
    return hash_of(_kit(), report_text, *words)[:32]


def _timeless(value: object) -> object:
    if isinstance(value, dict):
        return {key: _timeless(one) for key, one in value.items() if key not in CLOCK}
    return [_timeless(one) for one in value] if isinstance(value, list) else value


def is_current(page: Path, made: str) -> bool:
    """Whether the existing page is complete and was made from the same data."""
    if not made:
        return False
    try:
        data = page.read_bytes()
    except OSError:
        return False
    return f'content="{made}"'.encode() in data[:PAGE_HEAD] and data.rstrip().endswith(END)


@cache
def _kit() -> str:
    """Hash of the code that makes pages."""
    folder = Path(gatelab.__file__).parent / "report"
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".html", ".css"))
    return hash_of(*(hashlib.sha256(path.read_bytes()).hexdigest() for path in files))
