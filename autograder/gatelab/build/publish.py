"""Publishes releases in a repository for students: one commit per release, without the history of this repository.

    README.md  .gatelab-release  LAB/lab.ipynb  LAB/tests/…

A repository can contain several labs. It is recognised by its marker file: a folder or repository with anything else in it is
refused, so that a release never ends up among solutions or overwrites somebody's work.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatelab.build import badges, gate, leaks, pipeline, prose, snapshot
from gatelab.build.errors import PublishError
from gatelab.build.repository import (
    BRANCH,
    branch_of,
    clone,
    git,
    git_folder,
    has_commits,
    is_bare,
    last_commit,
    origin,
)
from gatelab.build.settings import Settings
from gatelab.folders import remove, temporary_folder
from gatelab.handed_out.lists import listed
from gatelab.lab.spec import Lab
from gatelab.limits import NAMES_SHOWN

RELEASE_MARKER = ".gatelab-release"
MARKER_TEXT = "Written by `gatelab release`, which replaces what is here. Change the masters, not this.\n"
UNFINISHED = (
    "gatelab-release-unfinished"  # in .git while a release is put in its place: the lab, the commit before
)
MARKER_PAGE = "README.md of {}: {}"  # the lab, the page's SHA-256
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:")
README = """# {title}

{badge}{begin}
[`CONTRACT.md`]({folder}/CONTRACT.md) has what each question asks for on one page.
"""

START = "start.py"  # of a lab that installs what it needs: pip alone would fetch gigabytes for a GPU
BY_START = "In a terminal, go to the folder [`{folder}`]({folder}) and type `python start.py`: it installs what the lab needs and opens `{notebook}`."
BY_PIP = "Open [`{folder}/{notebook}`]({folder}/{notebook}) in Jupyter or VS Code, after `pip install -r {folder}/requirements.txt`."


@dataclass(frozen=True)
class Published:
    """The outcome of a release. `commit` is empty if students already have this release."""

    commit: str
    colab: str  # the notebook's address in Colab; "" if Colab cannot read the place


def publish(
    lab: Lab, root: Path, to: str, address: str = "", say: Callable[[str], None] = lambda step: None
) -> Published:
    """Write the release of a lab to a folder, or to a git address, as one commit.

    address: that of the repository on GitHub, for the badges, if `to` is something else.

    Raises BuildError if the release is not what the masters give now or what was accepted, if it contains something that is for
    staff only, or if the place contains something else.
    """
    if address and not badges.GITHUB.fullmatch(address):
        raise PublishError(
            f"--address {address}: is not a repository on GitHub, as in https://github.com/you/lab, and Colab opens no other."
        )
    release = root / "release" / lab.assignment.name
    is_address = bool(ADDRESS.match(to)) or is_bare(Path(to))
    if not is_address:
        _check_place(Path(to).absolute(), root)
    say("comparing release/ with the masters")
    with pipeline.built_release(lab, root) as now:
        if _files_of(now) != _files_of(release):
            raise PublishError(
                f"{release}: is not what the masters give now; run gatelab build --lab {lab.assignment.name} first."
            )
    snapshot.check(release, lab, release)
    if is_address:
        with temporary_folder("gatelab-release-") as folder:
            return _release_to_address(lab, root, to, address, folder / "repository", say)
    place = Path(to).absolute()
    if not (place / ".git").exists():
        place.mkdir(parents=True, exist_ok=True)
        git(place, "init", "--quiet", f"--initial-branch={BRANCH}")
    return _release(lab, root, place, address or origin(place), say)


def _release_to_address(
    lab: Lab, root: Path, to: str, address: str, place: Path, say: Callable[[str], None]
) -> Published:
    """Release to a remote repository, through a clone at `place`, which no message mentions."""
    try:
        say(f"fetching {to}")
        clone(to, place, say)
        _check_place(place, root)
        done = _release(lab, root, place, address or to, say)
        if done.commit:
            say("pushing")
            git(place, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch_of(place)}")
    except PublishError as error:
        raise PublishError(str(error).replace(str(place), to).replace(str(place.parent), to)) from error
    return done


def _release(lab: Lab, root: Path, place: Path, address: str, say: Callable[[str], None]) -> Published:
    name = lab.assignment.name
    base = badges.base_of(lab, address, place)
    with temporary_folder("gatelab-release-", git_folder(place)) as stage:  # where no commit can include it
        say("writing the release")
        folder = stage / name
        shutil.copytree(root / "release" / name, folder)
        url = badges.point(lab, folder, base)
        page, mark = _readme(lab, url, place)
        if page != _readme_of(lab, url) and MARKER_PAGE.format(name, "") in mark:
            say("keeping README.md, which was edited since gatelab wrote it")
        (stage / RELEASE_MARKER).write_text(mark, encoding="utf-8")
        (stage / "README.md").write_text(page, encoding="utf-8")
        say("looking for what students must not see")
        pipeline.inspect(folder, lab, root)
        _check_words(stage, lab, root)
        if _is_released(place, stage, name):
            return Published("", url)
        with _undone_on_failure(place, name):
            return Published(_commit(lab, stage, place), url)


def _commit(lab: Lab, stage: Path, place: Path) -> str:
    """Move the staged files to their place and commit them. Returns the commit, or "" if students already have this release."""
    name = lab.assignment.name
    shutil.rmtree(place / name, ignore_errors=True)
    for new in (name, RELEASE_MARKER, "README.md"):
        shutil.move(stage / new, place / new)
    git(place, "add", "--all", "--", name, RELEASE_MARKER, "README.md")
    if not git(place, "status", "--porcelain", "--", name, RELEASE_MARKER, "README.md"):
        return ""
    number = len(git(place, "log", "--format=%H", "--", name).splitlines()) if has_commits(place) else 0
    git(place, "commit", "--quiet", "--message", f"{lab.title}: release {number + 1}", commits=True)
    return git(place, "rev-parse", "--short", "HEAD")


@contextmanager
def _undone_on_failure(place: Path, name: str) -> Iterator[None]:
    """Undo the release of the lab `name` if anything stops it inside the `with`. If this process is killed, the next release undoes
    it."""
    try:
        with _locked(place):
            (git_folder(place) / UNFINISHED).write_text(f"{name}\n{last_commit(place)}\n", encoding="utf-8")
            yield
    finally:
        _undo_unfinished(place)


def _undo_unfinished(place: Path) -> None:
    """Undo the changes of a release that did not reach its commit. Raises PublishError if it is still running."""
    folder = git_folder(place)
    note = folder / UNFINISHED
    if not note.is_file():
        return
    with _locked(place):
        name, _, head = note.read_text(encoding="utf-8").strip("\n").partition("\n")
        if name and head == last_commit(
            place
        ):  # otherwise it was committed, or somebody committed its leftovers
            for lock in ("index.lock", "HEAD.lock"):  # of a git that was killed with it
                (folder / lock).unlink(missing_ok=True)
            _restore(place, (name, RELEASE_MARKER, "README.md"))
        note.unlink(missing_ok=True)


def _restore(place: Path, names: tuple[str, ...]) -> None:
    """Restore these files and folders, and the index, from the last commit."""
    committed = last_commit(place)
    git(place, "read-tree", committed or "--empty")
    for path in (place / name for name in names):
        remove(path) if path.is_dir() else path.unlink(missing_ok=True)
    kept = git(place, "ls-tree", "--name-only", committed, "--", *names).splitlines() if committed else []
    if kept:
        git(place, "checkout", "--quiet", committed, "--", *kept)


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Lock a repository (flock). Raises PublishError if another release has locked it."""
    held = os.open(git_folder(place), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise PublishError(
            f"{place}: another gatelab release is at work there; wait until it has ended."
        ) from error
    finally:
        os.close(held)


def _check_words(stage: Path, lab: Lab, root: Path) -> None:
    """Run the leak checks on everything that is written, including files next to the lab's folder."""
    masters = pipeline.masters(lab, root)
    gate.check_leaks(stage, lab, masters, Settings.of(lab).shared_lines)
    if found := prose.search_key(leaks.texts(stage), prose.key_of(lab)):
        raise PublishError(f"{found[0]}; take it out there.")


def _check_place(place: Path, root: Path) -> None:
    """Raise PublishError unless a folder is new, empty, or contains only releases in its whole history. Nothing is written, but
    the leftovers of a killed release are undone."""
    here, kit = place.resolve(), root.resolve()
    if here == kit or kit.is_relative_to(here) or here.is_relative_to(kit):
        raise PublishError(
            f"{place}: is in the kit, whose history holds the solutions; name a folder outside of it."
        )
    if not place.exists() and not place.is_symlink():
        above = next(folder for folder in place.parents if folder.exists())
        if not above.is_dir():
            raise PublishError(f"{place}: {above} is not a folder; name a folder, or an address of git.")
        return
    if not place.is_dir():
        raise PublishError(f"{place}: is not a folder; name one, or an address of git.")
    if (place / ".git").exists():
        _undo_unfinished(place)
    found = sorted(path.name for path in place.iterdir() if path.name != ".git")
    if found and RELEASE_MARKER not in found:
        raise PublishError(
            f"{place}: holds something else ({listed(found, NAMES_SHOWN)}); "
            "name an empty folder, or one that an earlier gatelab release wrote."
        )
    if not (place / ".git").exists():
        if found:
            raise PublishError(f"{place}: was a release and its .git is gone; name an empty folder.")
        return
    if git(place, "status", "--porcelain"):
        raise PublishError(
            f"{place}: holds changes that were not committed; commit them, or drop them with "
            "`git reset --hard && git clean -fd`."
        )
    for commit in git(place, "log", "--format=%H", "--all").splitlines() if has_commits(place) else []:
        if RELEASE_MARKER not in git(place, "ls-tree", "--name-only", commit).splitlines():
            raise PublishError(
                f"{place}: its history holds something else (commit {commit[:7]}), and students would see that too; "
                "name an empty repository."
            )


def _readme(lab: Lab, url: str, place: Path) -> tuple[str, str]:
    """The repository's README and the text of its marker file, which records which README the kit wrote for which lab. A README that
    staff have edited, or that belongs to another lab, stays as it is."""
    text = _readme_of(lab, url)
    current, mark = (_text_of(place / file) for file in ("README.md", RELEASE_MARKER))
    written_by_kit = MARKER_PAGE.format(lab.assignment.name, _digest(current)) in mark
    if current and not written_by_kit and _without_badge(current) != _without_badge(text):
        return current, mark or MARKER_TEXT
    return text, MARKER_TEXT + MARKER_PAGE.format(lab.assignment.name, _digest(text)) + "\n"


def _readme_of(lab: Lab, url: str) -> str:
    """The README as the kit writes it."""
    badge = f"[![Open in Colab]({badges.BADGE})]({url})\n\n" if url else ""
    names = {"folder": lab.assignment.name, "notebook": lab.notebook}
    begin = (BY_START if START in Settings.of(lab).release else BY_PIP).format(**names)
    return README.format(title=lab.title, badge=badge, begin=begin, **names)


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _is_released(place: Path, stage: Path, name: str) -> bool:
    """Whether students already have the staged files. A difference only in the marker file does not count as a new release."""
    same = _text_of(stage / "README.md") == _text_of(place / "README.md")
    return same and (place / RELEASE_MARKER).is_file() and _files_of(stage / name) == _files_of(place / name)


def _without_badge(page: str) -> list[str]:
    """The lines of a README without its badge."""
    return [line for line in page.splitlines() if line and not line.startswith("[![Open in Colab]")]


def _files_of(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
