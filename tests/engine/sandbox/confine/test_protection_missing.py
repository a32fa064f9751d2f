"""A machine with fewer protections: missing ones are named and refused unless accepted, and the others hold."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import landlockpy
import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
from gatelab.sandbox.confine import PIECES, REQUIRED, ProtectionMissing, calls, check, pieces
from gatelab.sandbox.confine.apply import explain_missing, provided_pieces
from helpers.command import gatelab
from helpers.shares import WHOLE
from helpers.tiny_lab import TINY
from programs import protection_table

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=1)]


@pytest.mark.parametrize("piece", REQUIRED)
def test_a_missing_piece_is_named_in_one_line_with_the_flag_and_with_what_the_machine_lacks(
    piece: str,
) -> None:
    with pytest.raises(ProtectionMissing) as error:
        check(dict.fromkeys(PIECES, True) | {piece: False}, lacks=["libseccomp is not installed"])
    message = str(error.value)
    assert (
        f"(missing: {piece})" in message
        and f"add --accept-missing {piece} if" in message
        and "\n" not in message
    )
    assert "Libseccomp is not installed. " in message and error.value.missing == (piece,)


@pytest.mark.parametrize("level", range(8))
@pytest.mark.parametrize("namespaces", [True, False])
@pytest.mark.parametrize("filtered", [True, False])
@pytest.mark.parametrize("alone", [True, False])
def test_a_refusal_names_what_would_provide_the_piece_and_nothing_else(
    level: int, namespaces: bool, filtered: bool, alone: bool
) -> None:
    given = provided_pieces(namespaces, level, filtered, alone)
    on = dict.fromkeys(PIECES, True) | given
    said = explain_missing(
        on, on, "" if filtered else "no filter", "" if level else "no Landlock", namespaces, level, alone
    )
    off = {piece for piece, is_on in on.items() if not is_on}
    assert bool(said) == bool(off)
    for word, other in (
        ("no filter", provided_pieces(namespaces, level, True, alone)),
        ("namespaces are refused", provided_pieces(True, level, filtered, alone)),
    ):
        if any(other[piece] and not given[piece] for piece in off & set(REQUIRED) or off):
            assert word in said, (said, off)
    off = off & set(REQUIRED) or off
    assert any("signals take 6" in one for one in said) == ("signals" in off and 0 < level < 6)
    assert ("no Landlock" in said) == (level == 0)  # files need it, whatever else there is
    if namespaces and alone:
        assert said == ([] if level else ["no Landlock"]) or off == {"calls"}


def test_accepting_a_missing_piece_by_its_name_accepts_no_other() -> None:
    off = dict.fromkeys(PIECES, True) | {"files": False, "network": False, "calls": False, "disk": False}
    with pytest.raises(ProtectionMissing, match=r"\(missing: network\)"):
        check(off, accepted=["files"])
    check(off, accepted=["files", "network"])
    assert pieces(["files", "network", "files"]) == ("files", "network")
    for all_at_once in (True, "files", ["all"], ["disk"], [""], None):
        with pytest.raises(ValueError, match="files, network, processes, signals, limits, user"):
            pieces(all_at_once)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--accept-missing-protection"], "No such option"),
        (["--accept-missing", "all"], "'all' is not a piece"),
        (["--accept-missing", "calls"], "'calls' is not a piece"),
        (["--accept-missing"], "requires an argument"),
    ],
)
@pytest.mark.parametrize("command", ["grade", "zip"])
def test_the_command_takes_pieces_by_name_only(
    command: str, words: list[str], said: str, tmp_path: Path
) -> None:
    given = [str(tmp_path), "-o", str(tmp_path / "out")] if command == "grade" else ["-o", str(tmp_path)]
    done = gatelab(command, *given, *words, env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2 and said in done.output, done.output


def test_an_engine_refuses_or_grades_by_what_was_accepted(lab: Lab, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "lab.ipynb", lab, {})
    for accepted, refused in (((), "files, network"), (("files",), "network"), (("files", "network"), "")):
        engine = Engine(lab, accept_missing=accepted)
        engine.simulated_limits = {"landlock": 0, "without": ["namespaces", "seccomp"]}
        if refused and os.geteuid() == 0:
            with (
                pytest.raises(ProtectionMissing, match=rf"\(missing: {refused}\).*[Ss]eccomp is not used"),
                engine,
            ):
                pass
    engine = Engine(lab, accept_missing=REQUIRED)
    engine.simulated_limits = {"landlock": 0, "without": ["namespaces", "seccomp"]}
    with engine:
        report = engine.grade(path, questions=["q1"])
    assert report.question("q1").points == 4 and report.protection["files"] is False


def test_a_missing_libseccomp_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyseccomp", raising=False)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    real = ctypes.CDLL

    def missing(name: str | None, *words: Any, **more: Any) -> ctypes.CDLL:
        if name is not None and "seccomp" in str(name):
            raise OSError(f"{name}: cannot open shared object file")
        return real(name, *words, **more)

    monkeypatch.setattr("ctypes.CDLL", missing)
    assert calls.forbid() == "libseccomp is not installed (Debian and Ubuntu: apt-get install libseccomp2)"


# On a machine that has less (tests/programs/protection_table.py): what is on, and what a notebook that looks for a way out reaches.

MEANS = {
    "read": "files",
    "write": "files",
    "network": "network",
    "socket": "network",
    "signals": "signals",
    "root": "user",
}


def tried(who: str) -> dict[str, Any]:
    before = " ".join(protection_table.WHO[who][0])
    if before not in TRIED:
        try:
            TRIED[before] = protection_table.tried_by(who)
        except protection_table.CannotTry as why:
            pytest.skip(str(why))
    return TRIED[before]


TRIED: dict[str, dict[str, Any]] = {}


@pytest.mark.parametrize("who", protection_table.WHO)
@pytest.mark.timeout(300)
@pytest.mark.one_in(2)
def test_the_pieces_that_are_on_are_those_in_security_md_and_they_hold(who: str) -> None:
    found = tried(who)
    for whose, filtered, level in protection_table.combinations():
        if whose != who or level > landlockpy.abi_version():
            continue
        said = found[protection_table.key(filtered, level, "namespaces" not in protection_table.WHO[who][1])]
        assert said["on"] == protection_table.expected(who, filtered, level), (filtered, level, said["lacks"])
        missing = {piece for piece, on in said["on"].items() if not on}
        reached = {MEANS[what] for what in said["reached"]} | ({"files"} if said["laid"] else set())
        assert reached <= missing, (filtered, level, said)


@pytest.mark.timeout(300)
def test_the_escape_notebook_finds_every_way_out_that_is_open() -> None:
    """Otherwise the test above proves nothing."""
    found = tried("a user, namespaces refused")[protection_table.key(False, 0, False)]
    assert set(found["reached"]) == {"read", "write", "network", "socket", "signals"} and found["laid"]


def test_the_table_in_security_md_is_that_of_the_engine() -> None:
    assert protection_table.table() in protection_table.PAGE.read_text(encoding="utf-8")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="takes root and setpriv")
@pytest.mark.parametrize("level", [1, 3, 4, 5] if WHOLE else [1, 5])
def test_a_container_on_an_older_kernel_grades(lab: Lab, tmp_path: Path, level: int) -> None:
    """Docker's capabilities, Landlock as before Linux 6.12: the whole engine."""
    path = write_notebook(tmp_path / "lab.ipynb", lab, {})
    script = f"""
from pathlib import Path
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
engine = Engine(Lab.in_repository(Path({str(TINY)!r})))
engine.simulated_limits = {{"landlock": {level}}}
with engine:
    report = engine.grade(Path({str(path)!r}), questions=["q1", "q2"])
print(report.status, report.points, report.reason, [piece for piece, on in report.protection.items() if not on])
"""
    before, _ = protection_table.WHO["root, a container's capabilities"]
    done = subprocess.run([*before, sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "graded 10.0 " + " ['disk']\n", done.stderr


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="takes root and setpriv")
def test_root_that_may_not_become_another_user_is_refused_by_name() -> None:
    script = f"from pathlib import Path\nfrom gatelab.grading.engine import Engine\nfrom gatelab.lab.spec import Lab\nwith Engine(Lab.in_repository(Path({str(TINY)!r}))): pass"
    done = subprocess.run(
        ["setpriv", "--inh-caps=-all", "--bounding-set=-all", sys.executable, "-c", script],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (
        "ProtectionMissing" in done.stderr
        and "he grader is root and may not become another user" in done.stderr
    )
    assert re.search(r"\(missing: .*limits, user\)", done.stderr), done.stderr
