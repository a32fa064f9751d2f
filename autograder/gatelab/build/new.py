"""Makes a new lab: two folders, copied from the tiny lab that the engine's own tests grade, so that it works from the start."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from gatelab.build import checks, snapshot
from gatelab.folders import temporary_folder
from gatelab.lab.spec import Lab, LabError
from gatelab.lab.table import TITLE, is_title
from gatelab.limits import LAB_NAME
from gatelab.submission import earlier_releases
from gatelab.text import RESERVED

TEMPLATE = Path("tests", "engine", "tiny-lab")  # laid out like a repository with one lab
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
PARTS = ("assignment", "tests", "release", "solutions")


def new_lab(root: Path, name: str, title: str = "") -> tuple[Path, Path]:
    """Make assignment/<name> and tests/<name> in the kit `root` and return them; both or neither.

    title: the lab's name in reports and for students; derived from `name` if it is empty.

    Raises LabError, with one sentence, if the name or the title is invalid, if something with that name exists, or if the kit
    has no template.
    """
    root = Path(root).resolve()
    title = title or name.replace("-", " ").capitalize()
    _check(root, name, title)
    template = root / TEMPLATE
    source = next(iter(sorted(template.glob("assignment/*/lab.toml"))), None)
    if source is None:
        raise LabError(
            f"{template}: a new lab is copied from there, and there is none; run the command in the kit's folder."
        )
    old = source.parent.name
    made = root / "assignment" / name, root / "tests" / name
    ignored = shutil.ignore_patterns(
        "__pycache__", "*.pyc", "*.ipynb", ".*", snapshot.NAME, earlier_releases.NAME
    )
    with temporary_folder(".gatelab-build-", root) as workspace:
        for place in made:
            shutil.copytree(template / place.parent.name / old, workspace / place.parent.name, ignore=ignored)
        _rename(workspace / "assignment", old, name, title)
        checks.keep_up(Lab(workspace / "assignment", workspace / "tests" / "hidden"))
        done: list[Path] = []
        try:
            for place in made:
                place.parent.mkdir(exist_ok=True)
                os.rename(workspace / place.parent.name, place)
                done.append(place)
        except OSError as error:
            for place in done:
                shutil.rmtree(place)
            raise LabError(f"{place}: cannot be made ({error.strerror}).") from error
    return made


def _check(root: Path, name: str, title: str) -> None:
    if name[:1].isdigit():
        example = name.lstrip("0123456789-")
        how = f", as in {example}" if NAME.fullmatch(example) else ""
        raise LabError(
            f"{name!r} cannot be a lab's name: a lower-case letter comes first{how}, because the students' package is named like the lab."
        )
    if not NAME.fullmatch(name) or len(name) > LAB_NAME or name in RESERVED:
        raise LabError(
            f"{name!r} cannot be a lab's name: lower-case letters and digits, a letter first, with a hyphen between words, as in rnn-basics "
            f"(at most {LAB_NAME}, and no name that Windows keeps for itself)."
        )
    if not is_title(title):
        raise LabError(f"--title {title!r}: must be {TITLE.format('')}.")
    for part in PARTS:
        place = root / part / name
        if os.path.lexists(place):
            raise LabError(f"{place}: already exists; choose another name, or remove it first.")


def _rename(folder: Path, old: str, name: str, title: str) -> None:
    """Replace the template's name and title in the table, in the package's name and in the notebook's heading."""
    table = folder / "lab.toml"
    text = table.read_text(encoding="utf-8")
    old_title = json.loads(re.findall(r"^title = (.*)$", text, re.MULTILINE)[0])
    quoted = json.dumps(title, ensure_ascii=False)  # TOML's basic strings are written like JSON's
    text = text.replace(f"title = {json.dumps(old_title)}", f"title = {quoted}", 1)
    table.write_text(text.replace(f'name = "{old}"', f'name = "{name}"', 1), encoding="utf-8")
    old_package, package = (f"{one.replace('-', '_')}_lab" for one in (old, name))
    (folder / old_package).rename(folder / package)
    master = Lab(folder, folder.parent / "tests" / "hidden").master
    for path in (table, master, *folder.glob("tests/*.py")):
        text = path.read_text(encoding="utf-8").replace(old_package, package)
        path.write_text(text, encoding="utf-8")
    text = master.read_text(encoding="utf-8")
    master.write_text(text.replace(f"# # {old_title}\n", f"# # {title}\n", 1), encoding="utf-8")
