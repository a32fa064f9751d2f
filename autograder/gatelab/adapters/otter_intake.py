"""The one notebook of what was handed in, copied to where nothing else of the submission is.

otter picks the notebook itself, and gives up with a traceback or without a result where there is none, where
there are two, or where a file has a name that otter wants for its own. This is done before otter looks.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gatelab.klass.collect import DEPTH, ENTRIES, LITTER, SUFFIX
from gatelab.klass.names import visible
from gatelab.notebook import SIZE_LIMIT

NAMES_SHOWN = 3
LONGEST_NAME = 60  # characters of a file's name in a message


@dataclass(frozen=True)
class Intake:
    """What was handed in: a copy of its notebook, or the reason why there is none to grade."""

    name: str
    notebook: Path | None
    reason: str = ""


class Unusable(Exception):
    """Nothing in this submission can be graded; the message is for the student."""


def take_in(handed_in: Path, private: Path, wanted: str) -> Intake:
    """Copy the notebook of a folder, of an archive or the notebook itself into `private`.

    `wanted` is what the lab's notebook is called; messages name it. Nothing is ever unpacked.
    """
    name = _shown(handed_in.name)
    try:
        if stat.S_ISDIR(handed_in.lstat().st_mode):
            found = _only(_in_folder(handed_in), wanted)
            name = _shown(found.name)
            return Intake(name, _keep(_read(found, name), private, found.name, wanted))
        if handed_in.suffix.lower() == ".zip":
            data, inside = _from_zip(handed_in, name, wanted)
            return Intake(_shown(inside), _keep(data, private, inside, wanted))
        if not handed_in.name.lower().endswith(SUFFIX):
            raise Unusable(f"{name} is not a notebook: hand in {wanted}.")
        return Intake(name, _keep(_read(handed_in, name), private, handed_in.name, wanted))
    except Unusable as error:
        return Intake(name, None, str(error))
    except OSError as error:
        return Intake(
            name, None, f"{name} cannot be read ({error.strerror or error}): hand in {wanted} again."
        )


def _in_folder(folder: Path) -> Iterator[Path]:
    """The files of a folder and its subfolders; links stand for themselves and are not followed."""
    seen = 0
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        depth = len(here.relative_to(folder).parts)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in LITTER and depth < DEPTH)
        seen += len(folders) + len(files)
        if seen > ENTRIES:
            raise Unusable(f"More than {ENTRIES:,} files were handed in: hand in the notebook alone.")
        yield from (here / name for name in sorted(files + links) if name not in LITTER)


def _only(files: Iterator[Path], wanted: str) -> Path:
    """The one notebook among the files: the one at the top, or else the one in a subfolder."""
    files = list(files)
    notebooks = [file for file in files if _is_notebook(file.name)]
    top = min((len(file.parts) for file in notebooks), default=0)
    highest = [file for file in notebooks if len(file.parts) == top]
    if len(highest) == 1:
        return highest[0]
    if highest:
        raise Unusable(
            f"{len(highest)} notebooks were handed in ({_listed(highest)}) and only one can be graded: "
            "hand in the one with your answers."
        )
    only = f", only {_listed(files)}" if files else ""
    raise Unusable(f"No notebook was handed in{only}: hand in {wanted}.")


def _is_notebook(name: str) -> bool:
    return name.lower().endswith(SUFFIX) and not name.startswith("._")


def _read(path: Path, name: str) -> bytes:
    """The bytes of an ordinary file that is no link and not too large."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise Unusable(f"{name} is a link to another file: hand in the notebook itself.") from error
        raise
    with open(file, "rb") as stream:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise Unusable(f"{name} is not an ordinary file: hand in the notebook itself.")
        return _limited(stream.read(SIZE_LIMIT + 1), name)


def _from_zip(archive: Path, name: str, wanted: str) -> tuple[bytes, str]:
    """The notebook of an archive and its name. Only this member is read, and only so far as a notebook may be long."""
    if archive.is_symlink():
        raise Unusable(f"{name} is a link to another file: hand in the archive or the notebook itself.")
    try:
        with zipfile.ZipFile(archive) as zip:
            members = [member for member in zip.infolist() if not member.is_dir()]
            if len(members) > ENTRIES:
                raise Unusable(f"{name} holds more than {ENTRIES:,} files: hand in the notebook alone.")
            # A name is only a label here: `../lab.ipynb` is the file lab.ipynb at the top, as otter would have it.
            inside = [_within(member.filename) for member in members]
            files = [file for file in inside if file.parts and not LITTER.intersection(file.parts)]
            chosen = _only(iter(files), wanted)
            with zip.open(members[inside.index(chosen)]) as stream:
                return _limited(stream.read(SIZE_LIMIT + 1), _shown(chosen.name)), chosen.name
    except (Unusable, OSError):
        raise
    except Exception as error:
        # A damaged archive, an unknown compression, a password, an end that comes too early: zipfile has a
        # dozen exceptions of its own and of its decompressors' for bytes that are not what they say.
        raise Unusable(
            f"{name} cannot be unpacked ({visible(str(error))[:100]}): hand in the notebook itself."
        ) from error


def _within(name: str) -> PurePosixPath:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return PurePosixPath(*parts)


def _limited(data: bytes, name: str) -> bytes:
    if len(data) > SIZE_LIMIT:
        raise Unusable(f"{name} is larger than {SIZE_LIMIT >> 20} MiB: clear its outputs and save it again.")
    return data


def _keep(data: bytes, private: Path, raw: str, wanted: str) -> Path:
    """The copy to grade, called as it was handed in (messages name it), if a file here can be called so."""
    for name in (raw, wanted):
        try:
            (private / name).write_bytes(data)
            return private / name
        except (OSError, ValueError) as error:
            failure = error
    raise failure


def _listed(files: list[Path]) -> str:
    names = [_shown(file.name) for file in files[:NAMES_SHOWN]]
    more = len(files) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _shown(name: str) -> str:
    name = visible(name)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
