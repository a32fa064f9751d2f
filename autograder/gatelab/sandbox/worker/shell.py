"""IPython's shell as notebooks expect it, but without effects on the machine.

Magics are IPython's own, but those that would start a program, wait for input or take seconds to measure do nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import platform
import re
import runpy
import sys
import types
from pathlib import Path
from typing import Any

import IPython
import IPython.core.getipython
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magics.execution import TimeitResult
from IPython.display import DisplayHandle
from IPython.utils.capture import CapturedIO
from IPython.utils.text import SList
from traitlets.config import Config

from gatelab.limits import OUTPUT_LIMIT
from gatelab.sandbox.worker.loops import new_loop

# Line and cell magics that do nothing here: they draw, install, measure, ask, start programs or end the session.
IGNORED_MAGICS = {
    "matplotlib", "pip", "conda", "mamba", "micromamba", "uv", "pdb", "debug", "autosave", "config", "load_ext", "reload_ext",
    "autoreload", "gui", "system", "sx", "sc", "bash", "sh", "script", "javascript", "js", "html", "HTML", "latex", "svg",
    "SVG", "markdown", "python", "python2", "python3", "pypy", "perl", "ruby", "cmd", "history", "notebook", "recall",
    "rerun", "edit", "colors", "xmode", "killbgscripts", "connect_info", "qtconsole", "tensorboard", "watermark", "black",
    "nb_black", "load", "man", "page", "logstart", "logstop", "logon", "logoff", "prun", "mprun", "lprun", "memit",
    "store", "bookmark", "alias", "unalias", "rehashx", "code_wrap", "doctest_mode", "wandb", "sql", "R", "cython",
    "bigquery", "shell", "tensorflow_version", "subprocess", "reset", "reset_selective", "xdel", "reset_all",
}  # fmt: skip

HERE_DOCUMENT = re.compile(
    r"^\s*cat\s*>(?P<more>>?)\s*(?P<file>\S+)\s*<<\s*['\"]?(?P<end>\w+)['\"]?[ \t]*\n(?P<text>.*?)\n(?P=end)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


class Shell(InteractiveShell):
    """The shell of one loaded notebook. It writes no history and starts no program."""

    reloads = False  # whether `%autoreload` is on
    # Where a cell under `%%capture` prints to, and the previous standard output.
    capturing: tuple[io.StringIO, Any] | None = None

    def init_profile_dir(self, profile_dir: Any) -> None:
        """Does nothing: a worker has no home folder for a profile."""

    def system(self, command: str) -> None:
        """Only two kinds of commands have an effect: `mkdir`, and running a Python file that is next to the notebook."""
        _make_folders(command)
        _run_files(command)

    system_piped = system_raw = system

    def keep_shown(self, value: Any) -> None:
        """Set `_`, `__` and `___` to the last values shown, unless the notebook has bound them itself."""
        # `Out` and `_7` would count cells differently from the notebook.
        self.displayhook.do_full_cache = False
        self.displayhook.update_user_ns(value)

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Lines:
        """The result of `x = !command`: the true one for `pwd` and `ls`, otherwise nothing."""
        _make_folders(cmd)
        if output := _run_files(cmd):
            return Lines(output.splitlines())
        word = cmd.split()[:1]
        if word == ["pwd"]:
            return Lines([os.getcwd()])
        if word == ["nproc"]:
            return Lines(["1"])
        if "--version" in cmd and "python" in cmd:
            return Lines([f"Python {platform.python_version()}"])
        return Lines(sorted(os.listdir(".")) if word == ["ls"] else [])

    def ask_exit(self) -> None: ...

    def enable_gui(self, gui: str | None = None) -> None: ...

    def showtraceback(self, *_: Any, **__: Any) -> None: ...

    def captured(self) -> CapturedIO:
        """The value that `%%capture name` gives `name`: it receives what is printed until `end_capture`."""
        self.capturing = _Captured(), sys.stdout
        sys.stdout = self.capturing[0]
        return CapturedIO(self.capturing[0], io.StringIO(), [])

    def end_capture(self) -> None:
        """Stop capturing output, at the end of a cell."""
        if self.capturing and sys.stdout is self.capturing[0]:
            sys.stdout = self.capturing[1]
        self.capturing = None

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        if magic_name == "timeit":
            return TimeitResult(1, 1, 1e-6, 1e-6, [1e-6], 0.0, 3)
        if magic_name == "autoreload":
            self.reloads = line.strip() not in ("0", "off")
        if magic_name in ("cd", "chdir"):
            with contextlib.suppress(OSError):
                os.chdir(line.strip().strip("'\"") or ".")
            return None
        if magic_name == "mkdir":
            _make_folders(f"mkdir {line}")
        if magic_name in IGNORED_MAGICS or self.find_line_magic(magic_name) is None:  # type: ignore[no-untyped-call]  # IPython's
            return None
        return super().run_line_magic(magic_name, line, _stack_depth + 1)

    def has_own_magic(self, name: str) -> bool:
        """Whether the notebook itself has defined this cell magic."""
        found = self.find_cell_magic(name) if name else None  # type: ignore[no-untyped-call]  # IPython's
        return getattr(found, "__module__", None) == "__main__"

    def magic(self, arg_s: str) -> Any:
        """The name of `run_line_magic` in IPython before version 8 and in Colab."""
        name, _, line = arg_s.lstrip("%").partition(" ")
        return self.run_line_magic(name, line)

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        if magic_name in ("bash", "sh", "script"):
            _make_folders(cell)
            _run_files(cell)
            for found in HERE_DOCUMENT.finditer(cell):
                with open(
                    found["file"].strip("'\""), "a" if found["more"] else "w", encoding="utf-8"
                ) as file:
                    file.write(found["text"] + "\n")
        if magic_name in IGNORED_MAGICS or self.find_cell_magic(magic_name) is None:  # type: ignore[no-untyped-call]  # IPython's
            return None
        if magic_name in ("writefile", "file"):
            return self._write_file(magic_name, line, cell)
        return super().run_cell_magic(magic_name, line, cell)  # type: ignore[no-untyped-call]  # IPython's

    def _write_file(self, magic_name: str, line: str, cell: str) -> None:
        """Write the file, creating its folder if necessary, and reload modules that were imported from it."""
        path = Path((line.split() or ["."])[-1].strip("'\""))
        path.parent.mkdir(parents=True, exist_ok=True)
        super().run_cell_magic(magic_name, line, cell)  # type: ignore[no-untyped-call]  # IPython's
        importlib.invalidate_caches()
        for module in list(sys.modules.values()) if self.reloads else ():
            file = getattr(module, "__file__", None)
            if (
                isinstance(file, str)
                and path.exists()
                and os.path.exists(file)
                and os.path.samefile(file, path)
            ):
                before = dict(vars(module))
                importlib.reload(module)
                for name, value in list(self.user_ns.items()):
                    if name in before and before[name] is value and name in vars(module):
                        self.user_ns[name] = vars(module)[name]


class _Captured(io.StringIO):
    """Keeps the first 64 KiB of what is printed."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, OUTPUT_LIMIT - self.tell())])
        return len(text)


class Lines(SList):
    """The output of a program that was not run: every requested line exists and is empty."""

    def __getitem__(self, key: Any) -> Any:
        try:
            return super().__getitem__(key)
        except IndexError:
            return ""


def _make_folders(command: str) -> None:
    """Run `mkdir -p a b`, alone or among other commands; nothing else in a shell line is run."""
    for part in re.split(r"&&|[;\n]", command):
        words = part.split()
        if words[:1] == ["mkdir"]:
            for folder in words[1:]:
                if not folder.startswith("-"):
                    with contextlib.suppress(OSError):
                        os.makedirs(folder.strip("'\""), exist_ok=True)


def _run_files(command: str) -> str:
    """Run the Python files in a command (`python make_data.py 3`) in this process as `__main__`; returns what they print."""
    printed = io.StringIO()
    for part in re.split(r"&&|[;\n]", command):
        words = part.split()
        if len(words) < 2 or not re.fullmatch(r"(.*/)?python3?", words[0]) or not Path(words[1]).is_file():
            continue
        before = sys.argv
        sys.argv = words[1:]
        try:
            with contextlib.redirect_stdout(printed):
                runpy.run_path(words[1], run_name="__main__")
        except (Exception, SystemExit):
            continue  # a program that fails does not stop the cell
        finally:
            sys.argv = before
    return printed.getvalue()


def _display(*_: Any, display_id: Any = None, **__: Any) -> DisplayHandle | None:
    """Shows nothing; returns a handle for updates if one is requested."""
    return DisplayHandle(None if display_id is True else display_id) if display_id else None


def new_shell() -> Shell:
    """The shell of a fresh notebook; its namespace is `__main__`, so classes and functions have that as their module."""
    Shell.clear_instance()  # the fork server has made one
    os.environ.setdefault("IPYTHONDIR", os.environ.get("HOME", "."))
    os.environ |= {"USER": "student", "LOGNAME": "student"}  # a worker's user has no name
    sys.dont_write_bytecode = True  # else a module rewritten within a second is loaded from old bytecode
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    shell = Shell.instance(config=config, user_module=types.ModuleType("__main__"))
    sys.displayhook = lambda value: None
    namespace = shell.user_ns
    for place in (IPython, IPython.core.getipython):
        setattr(place, "get_ipython", lambda: shell)  # noqa: B010
    namespace["get_ipython"] = lambda: shell
    namespace["display"] = _display
    new_loop()
    return shell
