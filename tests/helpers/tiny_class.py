"""A class of the tiny lab, in nbgrader's folders: a full grading of it is quick."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from typer.testing import Result

from helpers.command import gatelab
from helpers.files import replace_in
from helpers.notebooks import write_notebook
from helpers.tables import grades
from helpers.tiny_lab import NAIVE, RIGHT, SETUP, SUMMED, tiny_kit

CLASS = {"ada": (RIGHT["q1"], RIGHT["q2"]), "bob": (NAIVE, RIGHT["q2"]), "cleo": (RIGHT["q1"], SUMMED)}


class Tiny:
    """A kit, a class and its output folder, below `base`."""

    def __init__(self, base: Path) -> None:
        self.base, self.kit, self.folder, self.out = base, base / "kit", base / "submitted", base / "out"

    @classmethod
    def lay_out(cls, base: Path, submissions: dict[str, tuple[str, ...]] = CLASS) -> Tiny:
        tiny = cls(base)
        tiny_kit(tiny.kit)
        for name, cells in submissions.items():
            tiny.hand_in(name, *cells)
        return tiny

    def hand_in(self, name: str, *cells: str) -> Path:
        folder = self.folder / name / "softmax"
        folder.mkdir(parents=True, exist_ok=True)
        write_notebook(folder / "lab.ipynb", SETUP, *cells, f"# {name}")
        return folder

    def copy(self, base: Path) -> Tiny:
        for part in ("kit", "submitted", "out"):
            shutil.copytree(self.base / part, base / part, symlinks=True)
        return Tiny(base)

    def gatelab(self, *words: object, **more: object) -> Result:
        """Run a command in this process, in this kit."""
        return gatelab(*words, "-o", self.out, "--root", self.kit, **more)

    def grade(self, *words: object) -> Result:
        return self.gatelab("grade", self.folder, "--jobs", "1", *words)

    @property
    def table(self) -> Path:
        return self.kit / "assignment" / "softmax" / "lab.toml"

    @property
    def suite(self) -> Path:
        return self.kit / "tests" / "softmax" / "hidden" / "test_q1_softmax.py"

    def replace(self, path: Path, old: str, new: str) -> None:
        replace_in(path, old, new)

    def rows(self) -> dict[str, dict[str, str]]:
        return grades(self.out)

    def totals(self) -> dict[str, str]:
        return {name: f"{row['total']} of {row['out_of']}" for name, row in self.rows().items()}

    def page(self, name: str) -> str:
        return (self.out / "feedback" / f"{name}.html").read_text(encoding="utf-8")

    def book(self) -> dict:
        return json.loads((self.out / "class.json").read_text(encoding="utf-8"))
