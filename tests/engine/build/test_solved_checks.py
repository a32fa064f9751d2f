"""A build that executes notebooks: does the solution pass its own public checks, which students will run?"""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.build import BuildError
from gatelab.build.pipeline import build
from helpers.tiny_lab import tiny_kit

pytestmark = pytest.mark.usefixtures("shared_server")


@pytest.mark.one_in(2)
def test_stored_numbers_from_before_the_check_was_changed_are_refused(tmp_path: Path) -> None:
    kit = tiny_kit(tmp_path)
    check = kit / "assignment/softmax/tests/q2.py"
    text = check.read_text(encoding="utf-8")
    check.write_text(text.replace("Numbers(seed=2)", "Numbers(seed=3)"), encoding="utf-8")
    with pytest.raises(BuildError) as caught:
        build(kit, accept=True, call=False)
    said = str(caught.value)
    assert said.startswith("q2: the solution does not pass its own public check (")
    assert "the loss, or its gradient, is not right." in said and "run gatelab fingerprints" in said
    assert not (kit / "release").exists() and not (kit / "solutions").exists()
