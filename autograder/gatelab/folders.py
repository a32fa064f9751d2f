"""Temporary folders that are always removed, whatever is in them and however the process that made them ends; files that are replaced whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gatelab.limits import REMOVE_SECONDS

# The earliest date that a zip can hold. Every file in a zip of the kit has it, so that the same files give the same zip.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
# Waits for its input to end, which it does when the process that holds the other end is gone.
KEEPER = 'read -r _; rm -rf -- "$1"'


def remove(folder: Path) -> None:
    """Remove a folder with all that a submission left in it, which may be nested deeper than Python can go."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, timeout=REMOVE_SECONDS)


def make_writable(folder: Path) -> None:
    """Make the folder where it is missing. Raises OSError when it cannot be made, or nothing can be written to it."""
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()


def not_writable(out: Path, error: OSError) -> str:
    """The sentence for an output folder that `make_writable` refused."""
    return f"{out}: cannot be written to ({error.strerror}); choose another -o."


class TemporaryFolder:
    """A new folder (in `dir`, or where temporary ones are) that is removed at `close`, and also when this process is killed: a shell waits for that.

    `path` is the folder. Use it as a context manager, which gives the path.
    """

    def __init__(self, prefix: str, dir: Path | None = None) -> None:
        # The shell is there before the folder, since this process may be killed between any two steps.
        self.path = Path(dir or tempfile.gettempdir()).absolute() / f"{prefix}{secrets.token_hex(8)}"
        try:
            self._keeper: subprocess.Popen[bytes] | None = subprocess.Popen(
                ["sh", "-c", KEEPER, "sh", str(self.path)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                cwd="/",
            )  # fmt: skip
        except OSError:  # a machine without a shell
            self._keeper = None
        try:
            self.path.mkdir(mode=0o700)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Remove the folder."""
        remove(self.path)
        if self._keeper is not None and self._keeper.stdin is not None:
            with contextlib.suppress(OSError):
                self._keeper.stdin.close()
            self._keeper.wait()
            self._keeper = None

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def temporary_folder(prefix: str = "gatelab-", dir: Path | None = None) -> Iterator[Path]:
    """A `TemporaryFolder`, for a caller that needs only the path."""
    with TemporaryFolder(prefix, dir) as path:
        yield path


@contextlib.contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """The path of a draft beside the file `path`, which it replaces at the end. Faster than `replacing` for many files, but a kill leaves
    the draft behind; the next command in the output folder removes it (classrun/lock.py)."""
    name = hashlib.sha256(path.name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    draft = path.with_name(f".writing-{os.getpid()}-{name}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The path of a draft, which at the end takes the place of the file `path`, or of the file to which that is a link. Whenever this
    process is stopped, the file is whole, old or new, and the draft is gone."""
    path = Path(os.path.realpath(path))  # `resolve` raises no OSError where links form a circle
    with temporary_folder(".gatelab-writing-", path.parent) as folder:
        draft = folder / path.name
        yield draft
        os.replace(draft, path)


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace a file, or make it, by `replacing`."""
    with replacing(path) as draft:
        draft.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def put_in_place(new: Path, place: Path, workspace: Path) -> None:
    """Put a finished folder in the place of the one that is there, if any, by renaming, so that there is never half a folder there. The old one
    goes into `workspace`, a folder on the same file system. Raises OSError; the old folder is then where it was."""
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=workspace)) / "old"
    if place.exists():
        os.rename(place, aside)
    try:
        os.rename(new, place)
    except OSError:
        if aside.exists():
            os.rename(aside, place)
        raise
