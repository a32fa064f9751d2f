"""The environment says the same everywhere."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

import yaml


def pins(root: Path) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    both = project["dependencies"] + project["optional-dependencies"]["dev"]
    return {line.split(";")[0].strip() for line in both}


def test_every_dependency_is_pinned_to_one_version(root: Path) -> None:
    assert all("==" in pin for pin in pins(root))


def test_environment_yml_has_the_pins_of_pyproject(root: Path) -> None:
    environment = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    from_pip = next(item["pip"] for item in environment if isinstance(item, dict))
    torch = next(item for item in environment if isinstance(item, str) and item.startswith("pytorch-cpu="))
    assert set(from_pip) | {torch.replace("pytorch-cpu=", "torch==")} == pins(root)


def test_what_is_installed_is_what_is_pinned(root: Path) -> None:
    for pin in pins(root):
        name, _, wanted = pin.partition("==")
        assert version(name).split("+")[0] == wanted, name


def test_the_installed_torch_is_a_cpu_build_or_says_so() -> None:
    import torch

    assert torch.version.cuda is None or not torch.cuda.is_available()
