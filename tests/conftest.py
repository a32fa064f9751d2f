"""What the kit's own tests share. (The hidden suites have a conftest of their own and run apart from this one.)"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers import shared_server as servers
from helpers.quick_start import start_quickly
from helpers.shares import ROUND, WHOLE, turn_of

# A shell that starts the tests in the background makes them, and every command that they start, deaf to Ctrl-C; those tests that
# press it would then wait in vain.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
# The files that take longest, roughly in that order. With `--dist loadfile --no-loadscope-reorder` they are begun first: pytest-xdist
# itself begins with the files of the most tests, and those are not these.
LONG = (
    "test_hostile",
    "test_bank",
    "test_sample_class",
    "test_public_mistakes",
    "test_nbgrader",
    "test_killed_command",
    "test_cluster",
    "test_cluster_hostile",
    "test_second_lab",
    "test_class_run",
    "test_jupyter_style",
    "test_killed_run",
    "test_own_versions",
    "test_public_messages",
    "test_protection_missing",
    "test_training_messages",
    "test_tidying",
    "test_marks_saved",
    "test_house",
    "test_mutation",
    "test_quick_training",
    "test_in_a_browser",
    "test_handing_in",
    "test_steady_answers",
    "test_engine",
    "test_workers_end",
    "test_release",
    "test_deadline_night",
    "test_build",
    "test_lines_in_front",
    "test_pip_install",
    "test_otter",
    "test_public_runs",
    "test_standins",
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give the random tests a seed that can be printed: hypothesis does not reveal the one that it chooses itself."""
    config.addinivalue_line(
        "markers",
        "one_in(k, among=None, at=None): each run takes one in k of the cases (or of the tests of the file that have the same `among`); "
        "with `at`, all of them, at one run in k. `make test-all` takes all",
    )
    if not _grades_a_submission(config) and config.getoption("--hypothesis-seed") is None:
        seed = getattr(config, "workerinput", {}).get(
            "seed"
        )  # to a process of pytest-xdist, which is given no options
        config.option.hypothesis_seed = seed or str(random.SystemRandom().randrange(10**9))
    if not _grades_a_submission(config):
        start_quickly()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """All processes of a run have the seed that is printed at its head."""
    node.workerinput["seed"] = getattr(node.config.option, "hypothesis_seed", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _grades_a_submission(config):
        _take_turns(config, items)
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


def _take_turns(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases of `one_in(k)` whose turn it is not. Whoever names a test (`-k`, `file.py::test`) gets all of its cases, and
    whoever names a file gets it at any run."""
    if WHOLE or config.option.keyword or any("::" in argument for argument in config.args):
        return
    named = any(argument.endswith(".py") for argument in config.args)
    turn, seen = turn_of(config), Counter[tuple[Path, str]]()
    kept, left = [], []
    for item in items:
        its_turn = True
        for mark in item.iter_markers("one_in"):  # a test's own, and that of its file
            every, at = mark.args[0], mark.kwargs.get("at")
            if at is None:
                of = (item.path, mark.kwargs.get("among") or item.nodeid.partition("[")[0])
                its_turn &= seen[of] % every == turn % every
                seen[of] += 1
            else:
                its_turn &= named or at == turn // ROUND % every
        (kept if its_turn else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def pytest_report_header(config: pytest.Config) -> str | None:
    if _grades_a_submission(config):
        return None
    return (
        f"random tests: --hypothesis-seed={config.getoption('--hypothesis-seed')} makes the same cases again"
    )


def _grades_a_submission(config: pytest.Config) -> bool:
    """`pytest tests/<lab>/hidden`: those suites draw from a seed of their own, --seed."""
    return hasattr(config.option, "submission")


@pytest.fixture(scope="session")
def root() -> Path:
    """The kit's folder."""
    return ROOT


@pytest.fixture(scope="session")
def turn(pytestconfig: pytest.Config) -> int:
    """Which part of a bank it is this run's turn to look at: `helpers.shares.share`."""
    return turn_of(pytestconfig)


@pytest.fixture(scope="session")
def _servers() -> Iterator[None]:
    yield
    servers.end()


@pytest.fixture(scope="module")
def shared_server(_servers: None) -> Iterator[None]:
    """`pytestmark = pytest.mark.usefixtures("shared_server")`: the engines that a file opens here share a fork server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gatelab.grading.engine.ForkServer", servers.lend)
        yield
    servers.end(but=2)


@pytest.fixture(autouse=True)
def _subnormal_numbers() -> None:
    """A test before this one may have told the processor to flush them to zero, which hypothesis does not survive."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


@pytest.fixture(autouse=True)
def _left_as_it_was() -> Iterator[None]:
    """A test that leaves this process in another working folder (perhaps one that is gone), or with another place for temporary
    files, fails itself: else whatever comes after it in the process fails, in its fixtures, and cannot be made to again."""
    here, temporary = os.getcwd(), tempfile.tempdir
    yield
    try:
        left = os.getcwd()
    except FileNotFoundError:
        left = "a folder that is gone"
    os.chdir(here)
    changed, tempfile.tempdir = tempfile.tempdir, temporary
    assert left == here, f"the test left the working folder as {left}"
    # Once it is asked for, Python keeps the place that it would find again.
    assert changed == temporary or temporary is None, (
        f"the test left {changed} as the place for temporary files"
    )
