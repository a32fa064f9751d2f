"""Every attempt through the class command on machines that have less, one piece after the other: `make hostile`.

SECURITY.md says of each of these that it is graded, so all that is promised holds there too. What no more holds on a
machine that is refused, and was accepted by an operator, is in its last table; tests/engine/sandbox/confine/test_protection_missing.py tries that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from kit_lab import kit_lab

from gatelab.grading.engine import Engine
from hostile import doors
from hostile.build import attempts
from hostile.checks import *  # noqa: F403
from hostile.checks import parametrize
from hostile.target import target_of

LAB = kit_lab()
TARGET = target_of(LAB)
ATTEMPTS = list(attempts(TARGET))
SECONDS, TRAINED = 12, ("q7", "q11")  # as in tests/lstm-gru/grading/test_hostile.py
# What the tests take from this machine. With namespaces or a user of its own, the other pieces give the same properties.
LESS = {
    "without_seccomp": {"without": ["seccomp"]},
    "without_namespaces": {"without": ["namespaces"]},
    "landlock_1": {"landlock": 1},
    "landlock_5_without_namespaces": {"landlock": 5, "without": ["namespaces"]},
}
# An ordinary user cannot give workers users of their own, so fewer attempts are graded.
HERE = [name for name in LESS if os.geteuid() == 0 or name == "landlock_1"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc, dict.fromkeys(HERE, ATTEMPTS))


def _class_with(name: str) -> object:
    @pytest.fixture(scope="module", name=name)
    def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[doors.Class]:
        start = Engine.__init__

        def less(self: Engine, *arguments: object, **more: object) -> None:
            start(self, *arguments, **more)
            self.simulated_limits = LESS[name]

        course = doors.whole_course(tmp_path_factory.mktemp(name), LAB, SECONDS)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Engine, "__init__", less)
            yield doors.grade(doors.class_command, course, TARGET, ATTEMPTS, leave_empty=TRAINED)

    return graded


for name in HERE:
    globals()[name] = _class_with(name)
del name
