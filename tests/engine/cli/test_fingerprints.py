"""`gatelab fingerprints`: what it stores is compared, or it says what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.command import gatelab
from helpers.tiny_lab import tiny_kit

CHECK = "assignment/softmax/tests/q2.py"
STORED = "assignment/softmax/tests/fingerprints.json"
CALLS = '    return run(torch.zeros(3, 4, dtype=torch.float64), "equal logits"), run('
NOTED = '    student.note("cross_entropy", "seen", {value})\n'
SAID = "    check.as_stored(drawn,"


def refused(kit: Path, value: str, stored: bool) -> str:
    """What the command says where the check of q2 also has this value, and stores it or does not; "" if it is written."""
    text = (kit / CHECK).read_text(encoding="utf-8")
    text = text.replace(CALLS, NOTED.format(value=value) + CALLS)
    if stored:
        text = text.replace(SAID, '    check.as_stored(check.student.record[0], "wrong.")\n' + SAID)
    (kit / CHECK).write_text(text, encoding="utf-8")
    done = gatelab("fingerprints", "--root", kit)
    assert done.exit_code in (0, 2) and "Traceback" not in done.output, done.output
    return " ".join(done.output.split()) if done.exit_code else ""


def test_an_object_without_numbers_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    kit = tiny_kit(tmp_path)
    before = (kit / STORED).read_bytes()
    said = refused(kit, "object()", stored=True)
    assert "q2: the check stores an object of type object, which is not compared; store its numbers." in said
    assert (kit / STORED).read_bytes() == before


@pytest.mark.parametrize(("value", "stored"), [("object()", False), ("torch.ones(2).numpy()", True)])
def test_a_check_that_only_constructs_an_object_or_returns_an_array_is_stored(
    tmp_path: Path, value: str, stored: bool
) -> None:
    assert refused(tiny_kit(tmp_path), value, stored) == ""
