"""Writes the table of questions for students: a file of the handout that their commands read.

lab.toml itself is for staff. Only the build writes this file, so that the two never differ in a release.
"""

from __future__ import annotations

import json

import gatelab
from gatelab.build import given
from gatelab.build.errors import BuildError
from gatelab.build.settings import Settings
from gatelab.folders import write_whole
from gatelab.lab.spec import Lab
from gatelab.lab.table import FILE as TABLE


def text_of(lab: Lab) -> str:
    """The file's text: title, notebook, the kit's version, for each question what students may know about it, and what the notebook gives."""
    questions = [
        {
            "id": question.id,
            "title": question.title,
            "points": question.points,
            "minutes": question.minutes,
            "names": list(question.names),
            "by_hand": question.by_hand,
        }
        for question in lab.questions.values()
    ]
    head = {"lab": lab.name, "title": lab.title, "notebook": lab.notebook, "kit": gatelab.__version__}
    rows = ",\n".join(f"    {json.dumps(question, ensure_ascii=False)}" for question in questions)
    first = json.dumps(head, ensure_ascii=False, indent=2).removesuffix("\n}")
    known = given.of(lab)
    names = ",\n".join(
        f"      {json.dumps(name)}: {json.dumps(lines, ensure_ascii=False)}"
        for name, lines in known["names"].items()
    )
    lines = ",\n".join(f"      {json.dumps(line, ensure_ascii=False)}" for line in known["lines"])
    return (
        f'{first},\n  "questions": [\n{rows}\n  ],\n'
        f'  "given": {{\n    "names": {{\n{names}\n    }},\n    "lines": [\n{lines}\n    ]\n  }}\n}}\n'
    )


def keep_up(lab: Lab, settings: Settings) -> None:
    """Write the file if lab.toml asks for one and it is not up to date. Raises BuildError."""
    if not settings.questions_file:
        return
    path = lab.assignment / settings.questions_file
    where = f"{lab.assignment / TABLE}: questions_file"
    if not path.resolve().is_relative_to(lab.assignment.resolve()) or path.suffix != ".json":
        raise BuildError(f"{where} must be a .json file of this folder; it is {settings.questions_file!r}.")
    text = text_of(lab)
    try:
        if not path.is_file() or path.read_bytes() != text.encode():
            write_whole(path, text)
    except OSError as error:
        raise BuildError(f"{where}: {path} cannot be written ({error.strerror}).") from error
