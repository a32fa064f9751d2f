"""Makes assignment/<lab>/tests/<question>.json, which the concept question's public check reads: the form of every answer, and hashes
of all answers together.

The answers themselves stay in tests/<lab>/hidden/reference/concepts.toml.
"""

from __future__ import annotations

import json

from gatelab.handed_out.checking.concepts import NEAR, joint_hashes, read, text
from gatelab.lab.bank import BankError
from gatelab.lab.spec import Lab
from gatelab.lab.toml import TomlError, read_toml
from gatelab.testkit.concepts import form


def concepts(lab: Lab, question: str) -> bytes:
    """The file's contents, the same at every run."""
    path = lab.concept_key
    try:
        key = read_toml(path)
    except OSError as error:
        raise BankError(
            f"{path}: cannot be read ({error.strerror}); make sure that it exists and is readable."
        ) from error
    except TomlError as error:
        raise BankError(str(error)) from error
    forms = {id: form(row) for id, row in key.items()}
    salt = f"{lab.name} {question}"  # not a secret; it only keeps this hash apart from those of other labs
    try:
        plain = {id: read(text(row["answer"]), forms[id]) for id, row in key.items()}
    except ValueError as error:
        raise BankError(f"{path}: an answer does not have its own form: {error}") from error
    marks = joint_hashes(plain, forms, salt, NEAR)
    lines = ",\n".join(f"  {json.dumps(id)}: {json.dumps(form)}" for id, form in forms.items())
    hashes = json.dumps(marks, indent=2).replace("\n]", "\n ]")
    return (
        f'{{\n "forms": {{\n{lines}\n }},\n "salt": {json.dumps(salt)},\n "hashes": {hashes}\n}}\n'.encode()
    )
