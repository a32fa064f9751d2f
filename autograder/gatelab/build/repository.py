"""Asks git about a repository, and clones one on the branch that its readers get."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from gatelab.build.errors import PublishError
from gatelab.limits import GIT_PUSH_SECONDS

BRANCH = "main"
REFUSED = re.compile(r"^ ! \[[\w ]*rejected\] .*\((.*)\)$")  # a branch that git push could not write, and why


def clone(address: str, place: Path, say: Callable[[str], None]) -> None:
    """Clone a repository on the branch that its HEAD names, because students who clone it get that one. If that branch does not
    exist and others do, use BRANCH, or the only one."""
    git(place.parent, "clone", "--quiet", "--", address, str(place))
    branch_of(place)
    if has_commits(place):
        return
    names = git(place, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin").splitlines()
    if not names:
        return
    if BRANCH not in names and len(names) > 1:
        raise PublishError(
            f"{address}: its default branch, {branch_of(place)}, does not exist, and {', '.join(sorted(names))} do; make one of "
            "them the default there (in a bare repository: git symbolic-ref HEAD refs/heads/NAME)."
        )
    name = BRANCH if BRANCH in names else names[0]
    say(
        f"releasing to the branch {name}: the default branch there, {branch_of(place)}, does not exist, so that a clone without "
        f"--branch {name} is empty (in a bare repository, git symbolic-ref HEAD refs/heads/{name} makes it the default)"
    )
    git(place, "checkout", "--quiet", "-B", name, f"refs/remotes/origin/{name}")


def branch_of(place: Path) -> str:
    """The branch that a repository is on, which may have no commit yet. Raises PublishError if it is on none."""
    done = _run(place, "symbolic-ref", "--short", "--quiet", "HEAD")
    if done.returncode:
        raise PublishError(f"{place}: is on no branch (its HEAD is a commit); make a branch its HEAD there.")
    return done.stdout.strip()


def is_bare(place: Path) -> bool:
    return (place / "HEAD").is_file() and (place / "objects").is_dir()


def origin(place: Path) -> str:
    if not (place / ".git").exists():
        return ""
    try:
        return git(place, "remote", "get-url", "origin")
    except PublishError:
        return ""


def has_commits(place: Path) -> bool:
    return bool(last_commit(place))


def last_commit(place: Path) -> str:
    """The last commit; "" before the first."""
    return _run(place, "rev-parse", "--verify", "--quiet", "HEAD").stdout.strip()


def git_folder(place: Path) -> Path:
    """`.git`, or the folder that it refers to."""
    return Path(git(place, "rev-parse", "--absolute-git-dir"))


def git(place: Path, *arguments: str, commits: bool = False) -> str:
    """Run git and return what it prints. Raises PublishError with the line that says why it failed.

    commits: whether the command makes a commit, which needs an author."""
    author = []
    if commits and _run(place, "config", "user.email").returncode:
        author = ["-c", "user.name=gatelab", "-c", "user.email=gatelab@localhost"]
    done = _run(place, *author, *arguments)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        why = next(
            (line for line in lines if line.startswith(("fatal:", "error:"))),
            lines[-1] if lines else "no word",
        )
        if refused := next((found[1] for line in lines if (found := REFUSED.search(line))), ""):
            why = refused  # the text next to the branch says more than "failed to push some refs"
        raise PublishError(f"git {arguments[0]} failed in {place}: {why.split(': ', 1)[-1].rstrip('.')}.")
    return done.stdout.strip()


def _run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # No prompt for a password, and no environment variables that lead to another repository.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        return subprocess.run(
            ["git", "-C", str(place), *arguments], capture_output=True, text=True, timeout=GIT_PUSH_SECONDS,
            env={**environment, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise PublishError("git is not installed here; install it.") from error
    except subprocess.TimeoutExpired as error:
        raise PublishError(
            f"git {arguments[0]} took more than {GIT_PUSH_SECONDS:g} s; is the address right?"
        ) from error
