"""IPython's own shell, as a notebook knows it, that leaves the machine alone.

Magics are IPython's. What would start a program, wait for a person or measure for seconds does nothing.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import sys
import types
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magics.execution import TimeitResult
from IPython.utils.capture import CapturedIO
from IPython.utils.text import SList
from traitlets.config import Config

# Line and cell magics with nothing to do here: they draw, install, measure, ask, start programs or end the session.
NOTHING = {
    "matplotlib", "pip", "conda", "mamba", "micromamba", "uv", "pdb", "debug", "autosave", "config", "load_ext", "reload_ext",
    "autoreload", "gui", "system", "sx", "sc", "bash", "sh", "script", "javascript", "js", "html", "HTML", "latex", "svg",
    "SVG", "markdown", "python", "python2", "python3", "pypy", "perl", "ruby", "cmd", "history", "notebook", "recall",
    "rerun", "edit", "colors", "xmode", "killbgscripts", "connect_info", "qtconsole", "tensorboard", "watermark", "black",
    "nb_black", "load", "man", "page", "logstart", "logstop", "logon", "logoff", "prun", "mprun", "lprun", "memit",
    "store", "bookmark", "alias", "unalias", "rehashx", "code_wrap", "doctest_mode", "wandb", "sql", "R", "cython",
    "bigquery", "shell", "tensorflow_version", "subprocess",
}  # fmt: skip


class Shell(InteractiveShell):
    """The shell of one loaded notebook. It writes no history and starts no program."""

    def init_profile_dir(self, profile_dir: Any) -> None:
        """A worker has no home to keep one in."""

    def system(self, command: str) -> None: ...

    system_piped = system_raw = system

    def getoutput(self, *_: Any, **__: Any) -> SList:
        return SList()

    def ask_exit(self) -> None: ...

    def enable_gui(self, gui: str | None = None) -> None: ...

    def showtraceback(self, *_: Any, **__: Any) -> None: ...

    def nothing_captured(self) -> CapturedIO:
        """What `%%capture name` leaves in `name`."""
        import io

        return CapturedIO(io.StringIO(), io.StringIO(), [])

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        if magic_name == "timeit":
            return TimeitResult(1, 1, 1e-6, 1e-6, [1e-6], 0.0, 3)
        if magic_name in NOTHING or self.find_line_magic(magic_name) is None:
            return None
        return super().run_line_magic(magic_name, line, _stack_depth + 1)

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        if magic_name in NOTHING or self.find_cell_magic(magic_name) is None:
            return None
        return super().run_cell_magic(magic_name, line, cell)


class Loop(asyncio.SelectorEventLoop):
    """An event loop that needs no socket, which a worker cannot have. No other thread can wake it."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())

    def _make_self_pipe(self) -> None: ...

    def _close_self_pipe(self) -> None: ...

    def _write_to_self(self) -> None: ...


class _Loops(asyncio.DefaultEventLoopPolicy):
    def _loop_factory(self) -> Loop:
        return Loop()


def new_shell() -> Shell:
    """The shell of a fresh notebook; its namespace is `__main__`, which classes and functions know as their module."""
    InteractiveShell.clear_instance()
    os.environ.setdefault("IPYTHONDIR", os.environ.get("HOME", "."))
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    shell = Shell.instance(config=config, user_module=types.ModuleType("__main__"))
    sys.displayhook = lambda value: None
    namespace = shell.user_ns
    namespace["get_ipython"] = lambda: shell
    namespace["display"] = lambda *args, **kwargs: None
    asyncio.set_event_loop_policy(_Loops())
    return shell
