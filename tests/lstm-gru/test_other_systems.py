"""Windows and macOS, as far as they can be simulated on Linux: what students get must start, print and unpack there too."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatelab.build import handout
from gatelab.lab.spec import Lab
from gatelab.text import RESERVED

pytestmark = pytest.mark.one_in(3, at=0)

# Modules that Windows lacks, and names of `os` and `signal` that only Unix has.
ONLY_UNIX = {"crypt", "curses", "fcntl", "grp", "nis", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}  # fmt: skip
ONLY_UNIX_NAMES = {
    "os": {"chown", "chroot", "fchmod", "fork", "forkpty", "geteuid", "getgid", "getgroups", "getpgid", "getuid", "killpg",
           "mkfifo", "nice", "openpty", "pread", "pwrite", "sched_getaffinity", "sched_setaffinity", "setpgid", "setsid",
           "setuid", "statvfs", "sysconf", "uname", "wait", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"},
    "signal": {"SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "alarm", "setitimer"},
    "time": {"tzset"},
}  # fmt: skip

# Run before anything else: a Python without the Unix modules, whose programs say that they run on Windows' console.
WINDOWS = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {sorted(ONLY_UNIX - {"posix"})!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""


@pytest.fixture(scope="module")
def files(lab: Lab) -> dict[str, Path]:
    """Name in the handout → file."""
    return handout.files(lab, lab.settings)


def sources(files: dict[str, Path]) -> Iterator[tuple[str, ast.Module]]:
    for name, path in files.items():
        if name.endswith(".py"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_in_the_handout_needs_what_only_unix_has(files: dict[str, Path]) -> None:
    found = []
    for name, tree in sources(files):
        for node in ast.walk(tree):
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{name}: {module}" for module in modules if module.split(".")[0] in ONLY_UNIX]
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner = node.value.id
                if node.attr in ONLY_UNIX_NAMES.get(owner, ()):
                    found.append(f"{name}: {owner}.{node.attr}")
    assert found == []


def test_every_text_file_is_opened_as_utf_8(files: dict[str, Path]) -> None:
    """Without it Windows takes the language of the machine."""
    found = []
    for name, tree in sources(files):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            owner = function.value if isinstance(function, ast.Attribute) else None
            named = {keyword.arg for keyword in node.keywords}
            texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if called in ("read_text", "write_text") and "encoding" not in named:
                found.append(f"{name}:{node.lineno}")
            if (
                called == "open"
                and owner is None
                and not any("b" in text and len(text) < 4 for text in texts)
                and "encoding" not in named
            ):
                found.append(f"{name}:{node.lineno}")
    assert found == []


def test_the_names_in_the_handout_are_names_on_every_system(files: dict[str, Path]) -> None:
    assert len({name.casefold() for name in files}) == len(files)
    for name in files:
        assert name.isascii() and not set(name) & set('<>:"|?*\\') and len(name) < 80, name
        for part in name.split("/"):
            assert part.split(".")[0].casefold() not in RESERVED and not part.endswith((".", " ")), name


def test_the_environment_is_looked_for_where_windows_has_it(
    monkeypatch: pytest.MonkeyPatch, files: dict[str, Path]
) -> None:
    names: dict[str, object] = {"__name__": "start", "__file__": str(files["start.py"])}
    exec(compile(files["start.py"].read_text(encoding="utf-8"), "start.py", "exec"), names)
    found = {}
    for system in ("nt", "posix"):
        monkeypatch.setattr(os, "name", system)
        found[system] = names["python_of"]("X").replace("\\", "/")  # type: ignore[operator]
    monkeypatch.undo()
    assert found == {"nt": "X/Scripts/python.exe", "posix": "X/bin/python"}


@pytest.fixture(scope="module")
def windows(root: Path, tmp_path_factory: pytest.TempPathFactory, files: dict[str, Path]) -> Path:
    """The handout with Windows line ends, as git and some unpackers write them."""
    folder = tmp_path_factory.mktemp("Eigene Dateien") / "lab"
    for name, path in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
        if path.suffix in (".py", ".txt", ".md", ".json"):
            (folder / name).write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    shutil.copyfile(root / "release" / "lstm-gru" / "lab.ipynb", folder / "lab.ipynb")
    (folder / "sitecustomize.py").write_text(WINDOWS, encoding="utf-8")
    return folder


def on_windows(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """A command whose output goes to a console of code page 1252."""
    environment = os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0", "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, env=environment, timeout=300
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode("cp1252", "replace")
    return done


def test_start_says_what_there_is_on_a_windows_console(windows: Path) -> None:
    said = on_windows(
        windows,
        "-c",
        "import importlib.util as u; print(u.find_spec('json') is None)\ntry: import fcntl\nexcept ImportError: print('as Windows')",
    )
    assert said.stdout.split() == [b"False", b"as", b"Windows"]
    done = on_windows(windows, "start.py", "--check")
    assert done.returncode == 1 and b"Run `python start.py`." in done.stdout
    assert b"notebook    lab.ipynb" in done.stdout
    assert on_windows(windows, "start.py", "--help").returncode == 0


def test_a_notebook_is_packed_on_a_windows_console(windows: Path) -> None:
    done = on_windows(windows, "-m", "seqlab", "submit")
    assert done.returncode == 1 and b"it is as it was handed out" in b" ".join(done.stdout.split())
    done = on_windows(windows, "-m", "seqlab", "submit", "--anyway", "--without-checks")
    assert done.returncode == 1 and b"Hand in   " in done.stdout
    [packed] = windows.glob("*.zip")
    assert not set(packed.name) & set('<>:"|?*')


def test_the_checks_run_without_what_only_unix_has(windows: Path) -> None:
    done = on_windows(windows, "-m", "seqlab", "check")
    assert done.returncode == 1 and b"q1    not written" in done.stdout, done.stdout[-500:]
    assert b"not checked" not in done.stdout
