"""Limits stand in one module, each once and beside its reason."""

from __future__ import annotations

import re
from pathlib import Path

from gatelab import limits
from gatelab.lab.spec import Lab

ENGINE = Path(limits.__file__).parent

# A time-out or a size written as a number, and limits that a module keeps for itself. What is copied into the handout imports nothing.
OWN = re.compile(
    r"timeout=\d|settimeout\(\d|^\w+_(?:SECONDS|CPU|MEMORY|LIMIT) *(?::.*)?= *\(?\d|^\w+ *(?::.*)?= *\(?\d+ << [23]0", re.MULTILINE
)  # fmt: skip
ELSEWHERE = {
    "audit/machine.py": "GIB, a unit",
    "grading/signature.py": "how much code of a question the class page compares",
    "integrations/nbgrader/outputs.py": "how much of a cell's outputs nbgrader's page shows",
    "integrations/nbgrader/preprocessor.py": "a line of the exchange's",
    "report/similar.py": "how much code of a question the class page compares",
    "sandbox/confine/probe.py": "the attempts from inside",
    "submission/archives.py": "bytes copied at once",
    "submission/choose.py": "bytes read to choose among several notebooks",
    "testkit/trace.py": "what is kept for a diagnosis",
}


def test_no_other_module_has_limits_of_its_own() -> None:
    found = {
        str(path.relative_to(ENGINE))
        for path in ENGINE.rglob("*.py")
        if path.name != "limits.py" and OWN.search(path.read_text(encoding="utf-8"))
    }
    assert found == ELSEWHERE.keys()


def test_what_follows_from_another_limit_is_computed(lab: Lab) -> None:
    loads = limits.MAX_LOADS * limits.LOAD_CPU
    assert loads < limits.LOADS_SECONDS and limits.LOADING_SECONDS > limits.LOADS_SECONDS
    assert limits.CLASS.file == limits.STUDENTS.packed >= limits.STUDENTS.file == limits.FILE_LIMIT
    # A question's own limit must be what ends it, not the worker's.
    for question in lab.questions.values():
        assert question.cpu_seconds < limits.WORKER_CPU
    assert lab.questions["q1"].seconds == limits.BACKSTOP * lab.questions["q1"].cpu_seconds
    # One cell of the size that is read fits into a request.
    assert limits.REQUEST[0] > limits.SOURCE_LIMIT * 4
