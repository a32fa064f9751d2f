"""`python start.py`: one command to begin, which says in one sentence what went wrong and continues where it stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from gatelab.lab.spec import Lab
from helpers.start_py import begin, loaded

pytestmark = pytest.mark.one_in(3, at=1)

HANDOUT = Path(__file__).parents[2] / "assignment" / "lstm-gru"


@pytest.fixture(scope="module")
def start() -> Any:
    return loaded(HANDOUT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The parts of the handout that matter here, in a folder whose name contains a space."""
    folder = tmp_path / "my lab"
    shutil.copytree(HANDOUT / "seqlab", folder / "seqlab", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("start.py", "requirements.txt"):
        shutil.copyfile(HANDOUT / name, folder / name)
    return folder


@pytest.mark.parametrize(
    ("version", "machine", "system", "largest", "words"),
    [
        ((3, 10, 1), "x86_64", "linux", 2**63, "this is Python 3.10, and the lab needs Python 3.11 to 3.14"),
        ((2, 7, 18), "x86_64", "linux", 2**63, "this is Python 2.7"),
        ((4, 0, 0), "arm64", "darwin", 2**63, "this is Python 4.0"),
        ((3, 12, 0), "AMD64", "win32", 2**31 - 1, "32-bit Python"),
        ((3, 12, 0), "x86_64", "darwin", 2**63, "Intel processor: open the notebook in Colab"),
    ],
)
def test_a_python_without_pytorch_is_reported_in_one_sentence(
    start: Any, version: tuple, machine: str, system: str, largest: int, words: str
) -> None:
    with pytest.raises(start.Stop, match=re.escape(words)):
        start.check_python(version, machine, system, largest)


@pytest.mark.parametrize("place", [("arm64", "darwin"), ("aarch64", "linux"), ("AMD64", "win32")])
def test_the_pythons_of_the_lab_may_begin(start: Any, place: tuple[str, str]) -> None:
    for minor in (11, 12, 13, 14):
        start.check_python((3, minor, 0), *place, 2**63)


def test_an_old_python_can_read_the_file_far_enough_to_say_so() -> None:
    """A newer form of Python in it would end in a SyntaxError, which does not mention versions."""
    import ast

    text = (HANDOUT / "start.py").read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 6))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported <= sys.stdlib_module_names


def test_what_is_installed_is_what_the_kit_is_tested_with(start: Any) -> None:
    for line in [*start.read_pins().values(), *start.ALONE, *start.BESIDE]:
        name, version = line.split("==")
        assert metadata.version(name).split("+")[0] == version, name


def test_nothing_that_the_checks_import_is_left_out(start: Any) -> None:
    """otter-grader and fica come without what they say they need: what `import otter` loads must come from the rest."""
    lines = [*start.BESIDE, *start.read_pins().values()]
    ask = [Requirement(line) for line in lines if not line.startswith("otter-grader")]
    seen: set[tuple[str, frozenset[str]]] = set()
    while ask:
        one = ask.pop()
        if (key := (canonical(one.name), frozenset(one.extras))) in seen:
            continue
        seen.add(key)
        try:
            needs = map(Requirement, metadata.requires(one.name) or [])
        except metadata.PackageNotFoundError:  # of another system
            continue
        extras = ["", *one.extras]
        ask += [n for n in needs if n.marker is None or any(n.marker.evaluate({"extra": e}) for e in extras)]
    have = {name for name, _ in seen}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WITHOUT, json.dumps(sorted(have | {"otter-grader", "fica"}))],
        cwd=HANDOUT,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert "q5 is not written yet" in done.stdout, done.stderr[-1000:]
    assert not {"sphinx", "playwright", "jupytext", "python-on-whales"} & have


# A check as the notebook runs it, in a Python that finds only these packages (their names as JSON).
WITHOUT = """
import importlib.metadata, json, re, sys

allowed = set(json.loads(sys.argv[1]))
owners = importlib.metadata.packages_distributions()


class Absent:
    def find_spec(self, name, path=None, target=None):
        whose = owners.get(name.split(".")[0], [])
        if whose and not {re.sub(r"[-_.]+", "-", one).lower() for one in whose} & allowed:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Absent())
import otter
from otter.execute import Checker
from otter.nbmeta_config import NBMetadataConfig
from seqlab import checking, plots, predict, tasks, training

otter.Notebook
print(Checker.check("tests/q5.py", NBMetadataConfig(), None, {}))
"""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_without_an_environment_a_message_says_what_to_do(folder: Path) -> None:
    done = begin(folder, "--check")
    assert done.returncode == 1 and "Run `python start.py`." in done.stdout
    assert not (folder / ".venv").exists()
    for command in ("check", "submit"):
        done = begin(folder, command)
        assert done.returncode == 1
        assert done.stderr == "start.py: the environment is not made yet: run `python start.py` first.\n"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("chek", "did you mean `python start.py check`? "),
        ("Submit", "did you mean `python start.py submit`? "),
        ("lab.ipynb", ""),
    ],
)
def test_an_unknown_command_gets_one_sentence(folder: Path, word: str, said: str) -> None:
    done = begin(folder, word)
    assert done.returncode == 2 and not (folder / ".venv").exists()
    assert (
        done.stderr == f"start.py: there is no `{word}`; {said}`python start.py --help` says what there is.\n"
    )


def test_an_unknown_option_gets_one_sentence(folder: Path) -> None:
    done = begin(folder, "--chek")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == "start.py: unrecognized arguments: --chek; `python start.py --help` says what there is.\n"
    )


def test_an_incomplete_handout_and_a_folder_in_the_way_are_reported(folder: Path) -> None:
    (folder / ".venv").mkdir()
    (folder / ".venv" / "mine.txt").write_text("kept")
    done = begin(folder, "--no-open")
    assert (
        done.returncode == 1 and "exists but is not a Python environment: rename or delete it" in done.stderr
    )
    assert (folder / ".venv" / "mine.txt").read_text() == "kept"
    (folder / "requirements.txt").unlink()
    done = begin(folder)
    assert done.returncode == 1 and "unzip the handout again" in done.stderr


def test_without_a_network_it_stops_in_one_sentence_and_goes_on_from_there(folder: Path, start: Any) -> None:
    """Size and time are announced first; the environment that was made is kept, and one that broke off is made again."""
    nothing = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    done = begin(folder, "--no-open", **nothing)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "PyTorch could not be fetched from https://download.pytorch.org/whl/cpu" in done.stderr
    assert "run this again; it continues from here" in done.stderr
    before, step, _ = done.stdout.partition("1/4 PyTorch for the processor ")
    assert (
        "It downloads about 350 MB and takes 1.6 GB on the disk: three to ten minutes, once." in before
        and step
    )
    python = folder / ".venv" / "bin" / "python"
    made = (folder / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    begin(folder, "--no-open", **nothing)
    assert (folder / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == made
    python.unlink()
    begin(folder, "--no-open", **nothing)
    assert python.exists()


def test_an_environment_for_other_packages_is_not_ready(folder: Path, start: Any) -> None:
    """A new handout over an old folder, or another Python: what changed is installed."""
    pins = start.read_pins()
    assert start.stamp(pins) != start.stamp({**pins, "torch": "torch==2.14.0"})
    assert start.stamp(pins) == start.stamp(dict(reversed(pins.items())))


SERVER = """#!{python}
import sys, time
if "jupyter" in sys.argv:
    try:
        print("serving", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(1)  # it asks, and ends its kernels
        print("a clean end", flush=True)
"""


def test_ctrl_c_leaves_jupyterlab_the_time_to_end(folder: Path, start: Any) -> None:
    """As the last line on the screen says: press Ctrl+C here. A terminal sends it to both."""
    python = Path(start.python_of(str(folder / ".venv")))
    python.parent.mkdir(parents=True)
    python.write_text(SERVER.format(python=sys.executable))
    python.chmod(0o755)
    (folder / ".venv" / "ready.txt").write_text(start.stamp(start.read_pins()))
    running = subprocess.Popen(
        [sys.executable, "start.py"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert running.stdout
    while running.stdout.readline() != "serving\n":
        assert running.poll() is None
    os.killpg(running.pid, signal.SIGINT)
    said = running.stdout.read()
    assert running.wait(60) == 0 and said == "a clean end\n"


def test_the_help_offers_the_labs_own_page(folder: Path) -> None:
    lines = begin(folder, "--help").stdout.splitlines()
    assert (
        "    python start.py submit       look the saved notebook over and pack it, with a receipt" in lines
    )
    assert "    python start.py explore      open the gate explorer" in lines


def test_what_is_released_is_what_starts_it(lab: Lab) -> None:
    assert {"start.py", "requirements.txt", "seqlab"} <= set(lab.settings.release)
