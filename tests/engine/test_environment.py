"""The environment says the same everywhere."""

from __future__ import annotations

import ast
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from gatelab.report.record.hashes import grading_hash
from helpers.tiny_lab import tiny_lab_here
from programs.write_constraints import LOCK, locked, needed


def pins(root: Path) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    both = project["dependencies"] + project["optional-dependencies"]["dev"]
    return {line.split(";")[0].strip() for line in both}


def test_every_dependency_is_pinned_to_one_version(root: Path) -> None:
    assert all("==" in pin for pin in pins(root))


def test_environment_yml_has_the_pins_of_pyproject_and_knows_no_lab(root: Path) -> None:
    """A new lab is two folders: nothing outside of them needs a line for it."""
    environment = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    from_pip = next(item["pip"] for item in environment if isinstance(item, dict))
    torch = next(item for item in environment if isinstance(item, str) and item.startswith("pytorch-cpu="))
    assert {*from_pip, torch.replace("pytorch-cpu=", "torch==")} == pins(root)


def test_what_is_installed_is_what_is_pinned(root: Path) -> None:
    for pin in pins(root):
        name, _, wanted = pin.partition("==")
        assert version(name).split("+")[0] == wanted, name


def test_the_lock_has_every_distribution_that_the_kit_brings_along_and_no_other() -> None:
    """Whatever floats may move a class's grades: 140 of 160 did. `python tests/programs/write_constraints.py` writes it again."""
    assert locked() == needed()


def test_a_labs_package_that_is_not_installed_is_not_left_out_of_the_lock(root: Path, tmp_path: Path) -> None:
    """Unless it is for another system."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    path = tmp_path / "assignment" / "one" / "requirements.txt"
    path.parent.mkdir(parents=True)
    path.write_text("einops==0.8.2\nno-such-package==1.0; sys_platform == 'none'\n")
    assert "einops" in needed(tmp_path) and "no-such-package" not in needed(tmp_path)
    path.write_text("no-such-package==1.0\n")
    with pytest.raises(
        SystemExit, match=r"one/requirements\.txt, line 1: no-such-package is not installed here"
    ):
        needed(tmp_path)


def test_a_labs_package_in_another_version_is_not_locked(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "pyproject.toml", tmp_path)
    path = tmp_path / "assignment" / "one" / "requirements.txt"
    path.parent.mkdir(parents=True)
    path.write_text("einops==0.8.2.0\n")
    assert needed(tmp_path)["einops"] == "0.8.2"
    path.write_text("einops==0.1\n")
    with pytest.raises(
        SystemExit, match=r"one/requirements\.txt, line 1: einops==0\.1, but 0\.8\.2 is installed here"
    ):
        needed(tmp_path)


def test_every_locked_version_installs_on_each_python_that_is_promised(root: Path) -> None:
    """Debian 12 has 3.11.2: the lock of a machine with a later 3.11 stopped the set-up and the grading image there."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    oldest = re.fullmatch(r">=(\d+\.\d+)", project["requires-python"])
    assert oldest
    asked = {name: distribution(name).metadata.get("Requires-Python", "") for name in locked()}
    refused = {name: of for name, of in asked.items() if f"{oldest[1]}.0" not in SpecifierSet(of)}
    assert refused == {}


def test_the_lock_mentions_no_machine(root: Path) -> None:
    lines = [line for line in LOCK.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 100 and all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in lines)


def test_the_installed_torch_is_a_cpu_build_or_says_so() -> None:
    import torch

    assert torch.version.cuda is None or not torch.cuda.is_available()


def imported(folder: Path) -> Iterator[str]:
    """The top-level packages that the Python files below a folder import, wherever in them."""
    for path in folder.rglob("*.py"):
        if {"hidden", "wheat", "chaff", "attempts"}.isdisjoint(path.parts):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from (alias.name.split(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module.split(".")[0]


@pytest.mark.parametrize(
    ("folder", "extra"), [("autograder/gatelab", ("cluster",)), ("tests", ("dev", "fuzz"))]
)
def test_every_package_that_is_imported_is_declared(root: Path, folder: str, extra: tuple[str, ...]) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lines = [
        *project["dependencies"],
        *(line for name in extra for line in project["optional-dependencies"][name]),
    ]
    declared = {re.split(r"[=;\[ ]", line)[0].lower().replace("_", "-") for line in lines}
    known = packages_distributions()
    undeclared = {
        name: known[name]
        for name in set(imported(root / folder)) - sys.stdlib_module_names - {"gatelab"}
        if name in known and declared.isdisjoint(dist.lower().replace("_", "-") for dist in known[name])
    }
    assert undeclared == {}


@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_a_grade_of_another_version_of_a_library_does_not_hold(
    root: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    lab = tiny_lab_here()
    before = grading_hash(lab, 11, ["q1"])
    assert grading_hash(lab, 11, ["q1"]) == before
    monkeypatch.setattr(
        "gatelab.report.record.hashes.version", lambda name: "0.0" if name == library else version(name)
    )
    assert grading_hash(lab, 11, ["q1"]) != before
