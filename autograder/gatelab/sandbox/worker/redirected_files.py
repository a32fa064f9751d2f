"""Files in places that exist on a student's machine and not in a worker: `/tmp/x`, `/content/drive/MyDrive/run.pt`.

A worker can write only to its own folder. What the notebook writes anywhere else goes below that folder, and is found
again under its original path. The original place is tried first. None of this is a protection.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import importlib.machinery
import io
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from typing import Any

import IPython.core.interactiveshell
import torch
from torch.jit._script import RecursiveScriptModule

from gatelab.sandbox.worker.replacing import put

STARTS = ("/content", "/kaggle/working")  # the working folders of notebooks on Colab and Kaggle
REFUSED = {"chmod", "chown", "lchown", "utime"}  # modes, owners and times are not changed
ASKING = ("stat", "lstat", "access", "listdir", "scandir", "remove", "unlink", "rmdir", "chdir", "mkdir")
PAIRS = ("rename", "replace", "link", "symlink")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class PathRedirect:
    """Maps paths outside a folder to places below it."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder)

    def here(self, path: Any, makes: bool = False) -> str | None:
        """The replacement for a path; None if it is in the worker's folder already or is not a path. `makes`: create its parent folder."""
        if not isinstance(path, str | os.PathLike):
            return None
        text = os.fspath(path)
        if not isinstance(text, str):
            return None
        text = os.path.abspath(text)
        if text == self.folder or text.startswith((self.folder + os.sep, "/dev/", "/proc/", "/sys/")):
            return None
        for start in STARTS:
            if text == start or text.startswith(start + os.sep):
                there = self.folder + text[len(start) :]
                break
        else:
            there = f"{self.folder}/.elsewhere{text}"
        if makes:
            _makedirs(os.path.dirname(there), exist_ok=True)
        return there

    def tried(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function of a path so that it uses the replacement if it fails."""
        makes = function.__name__ == "mkdir"

        @functools.wraps(function)
        def call(path: Any = ".", *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("dir_fd") is not None:
                return function(path, *args, **kwargs)
            try:
                found = function(path, *args, **kwargs)
            except OSError as error:
                return self._below(function, path, makes, error, *args, **kwargs)
            there = self.here(path) if found is False else None  # only `access` returns False
            return function(there, *args, **kwargs) if there else found

        return call

    def opened(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same for `open`, whose second argument says whether it writes."""

        @functools.wraps(function)
        def call(file: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("dir_fd") is not None:
                return function(file, mode, *args, **kwargs)
            try:
                return function(file, mode, *args, **kwargs)
            except OSError as error:
                writes = bool(mode & WRITES) if isinstance(mode, int) else not str(mode).startswith("r")
                return self._below(function, file, writes, error, mode, *args, **kwargs)

        return call

    def _below(
        self,
        function: Callable[..., Any],
        path: Any,
        makes: bool,
        error: OSError,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Call it with the replacement; if that is missing too, the error names the original path."""
        there = self.here(path, makes)
        if there is None:
            raise error
        try:
            return function(there, *args, **kwargs)
        except FileExistsError:
            raise
        except OSError:
            raise error from None

    def between(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same for functions of two paths."""

        @functools.wraps(function)
        def call(source: Any, target: Any, **kwargs: Any) -> Any:
            try:
                return function(source, target, **kwargs)
            except OSError as error:
                moved = self.here(source)
                start = moved if moved and os.path.lexists(moved) else source
                end = self.here(target, True) or target
                if (start, end) == (source, target):
                    raise
                try:
                    return function(start, end, **kwargs)
                except OSError:
                    raise error from None

        return call

    def placed(self, function: Callable[..., Any], at: int, name: str) -> Callable[..., Any]:
        """Wrap a library function that opens files outside Python; the path is argument number `at` or the one called `name`."""

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            path = args[at] if len(args) > at else kwargs.get(name)
            if (there := self.here(path)) and not _is_there(path):
                self.here(path, True)
                if len(args) > at:
                    args = (*args[:at], there, *args[at + 1 :])
                else:
                    kwargs[name] = there
            return function(*args, **kwargs)

        return call

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        """Find modules that were written to a replaced path that is in `sys.path`."""
        places = [self.here(entry or ".") for entry in (sys.path if path is None else ())]
        there = [place for place in places if place and os.path.isdir(place)]
        return importlib.machinery.PathFinder.find_spec(name, there, target) if there else None


_stat, _makedirs = os.stat, os.makedirs


def _is_there(path: Any) -> bool:
    try:
        _stat(path)
    except OSError:
        return False
    return True


def install_path_redirect() -> None:
    """Redirect files of this process to places below its working folder."""
    elsewhere = PathRedirect(os.getcwd())
    opened = elsewhere.opened(builtins.open)
    put(builtins, open=opened)
    put(io, open=opened, open_code=elsewhere.tried(io.open_code))  # `runpy` opens programs with it
    put(IPython.core.interactiveshell, io_open=opened)
    with contextlib.suppress(AttributeError, ImportError):  # `np.savetxt` keeps an `open` of its own
        importlib.import_module("numpy.lib._datasource")._file_openers._file_openers[None] = opened
    _put_os("open", elsewhere.opened(os.open))
    for name in ASKING:
        _put_os(name, elsewhere.tried(getattr(os, name)))
    for name in PAIRS:
        _put_os(name, elsewhere.between(getattr(os, name)))
    for name in REFUSED:
        _put_os(name, _let_be(getattr(os, name)))
    put(torch, save=elsewhere.placed(torch.save, 1, "f"))
    put(
        torch.jit,
        save=elsewhere.placed(torch.jit.save, 1, "f"),
        load=elsewhere.placed(torch.jit.load, 0, "f"),
    )
    put(RecursiveScriptModule, save=elsewhere.placed(RecursiveScriptModule.save, 1, "f"))
    put(sqlite3, connect=elsewhere.placed(sqlite3.connect, 0, "database"))
    sys.meta_path.append(elsewhere)


def _put_os(name: str, function: Callable[..., Any]) -> None:
    """Replace it in `os`, and in the sets by which `os` says what a function supports."""
    before = getattr(os, name)
    put(os, **{name: function})
    for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        if before in able:
            able.add(function)


def _let_be(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(path: Any, *args: Any, **kwargs: Any) -> None:
        try:
            function(path, *args, **kwargs)
        except PermissionError:
            os.stat(path)  # raises where there is no such file

    return call
