# Written by gatelab build from autograder/gatelab/handed_out/handin/pack.py; change it there.
"""Writes the zip to hand in, in otter's format, and the receipt: which bytes were handed in, and what the checks said about them."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

from .. import progress
from .answers import State
from .checks import Outcome
from .notebook import Notebook, Refused

RECEIPT = "receipt.json"
NAME_IN_ZIP = "__zip_filename__"  # otter's: what the zip was called


def receipt(
    notebook: Notebook, state: State, outcomes: list[Outcome], now: datetime.datetime
) -> dict[str, Any]:
    """What is known of a notebook at the time it is packed."""
    table = progress.table()
    return {
        "lab": table["lab"],
        "kit": table["kit"],
        "time": now.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notebook": notebook.path.name,
        "bytes": len(notebook.data),
        "sha256": notebook.sha256,
        "public": {outcome.id: outcome.state for outcome in outcomes},
        "unanswered": state.unanswered,
        "unknown": state.unknown,
    }


def place(notebook: Notebook, named: Path | None, now: datetime.datetime) -> Path:
    """Where the zip is written: as named, or in the notebook's folder, named after the notebook and the time, as otter does.

    This is checked before anything that takes minutes. Raises Refused if no zip can be written there.
    """
    out = named or notebook.path.with_name(f"{notebook.path.stem}_{now:%Y_%m_%dT%H_%M_%S}.zip")
    if out.suffix != ".zip":
        raise Refused(f"{out}: the file to hand in is a .zip; give it such a name.")
    why = "it is a folder" if out.is_dir() else "there is no such folder" if not out.parent.is_dir() else ""
    if not why and not os.access(out.parent, os.W_OK):
        why = "nothing may be written there"
    if why:
        raise Refused(f"{out}: it cannot be written ({why}); name another place with --out.")
    return out


def write(notebook: Notebook, receipt: dict[str, Any], out: Path) -> tuple[Path, Path]:
    """Write the zip and, next to it, the receipt; returns both paths. Raises Refused.

    out: the zip's path, from `place`.
    """
    text = json.dumps(receipt, indent=2, ensure_ascii=False) + "\n"
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(notebook.path.name, notebook.data)
            archive.writestr(NAME_IN_ZIP, out.name)
            archive.writestr(RECEIPT, text)
        with zipfile.ZipFile(draft) as archive:
            kept = hashlib.sha256(archive.read(notebook.path.name)).hexdigest()
        if kept != receipt["sha256"]:
            raise Refused(
                f"{out}: it does not hold what was to be packed; the disk may be at fault, write it elsewhere with --out."
            )
        beside = out.with_name(f"{out.stem}.{RECEIPT}")
        beside.write_text(text, encoding="utf-8")  # first: a zip that is there is there with its receipt
        draft.replace(out)
    except OSError as error:
        raise Refused(
            f"{out}: it cannot be written ({error.strerror}); name another place with --out."
        ) from None
    finally:
        with contextlib.suppress(OSError):  # the folder itself may be gone
            draft.unlink()
    return out, beside
