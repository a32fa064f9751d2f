"""Redirects files in places that exist on a student's machine but not in a worker: `/tmp/x`, `/content/drive/MyDrive/run.pt`.

A worker can write only to its own folder. Whatever the notebook writes elsewhere is stored below that folder and
found again under its original path. The original path is tried first. This is not a protection.
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

from gatelab.sandbox.worker.replacing import set_attributes

WORKING_FOLDERS = ("/content", "/kaggle/working")  # the working folders of notebooks on Colab and Kaggle
REFUSED = {"chmod", "chown", "lchown", "utime"}  # modes, owners and times are not changed
ONE_PATH = ("stat", "lstat", "access", "listdir", "scandir", "remove", "unlink", "rmdir", "chdir", "mkdir")
TWO_PATHS = ("rename", "replace", "link", "symlink")
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class PathRedirect:
    """Maps paths outside a folder to places below it."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder)

    def redirected(self, path: Any, makes: bool = False) -> str | None:
        """The replacement for a path; None if it is already in the worker's folder, or is not a path. `makes`: create its parent folder."""
        if not isinstance(path, str | os.PathLike):
            return None
        text = os.fspath(path)
        if not isinstance(text, str):
            return None
        text = os.path.abspath(text)
        if text == self.folder or text.startswith((self.folder + os.sep, "/dev/", "/proc/", "/sys/")):
            return None
        for start in WORKING_FOLDERS:
            if text == start or text.startswith(start + os.sep):
                there = self.folder + text[len(start) :]
                break
        else:
            there = f"{self.folder}/.elsewhere{text}"
        if makes:
            _makedirs(os.path.dirname(there), exist_ok=True)
        return there

    def with_fallback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function that takes a path, so that it tries the replacement if it fails."""
        makes = function.__name__ == "mkdir"

        @functools.wraps(function)
        def call(path: Any = ".", *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("dir_fd") is not None:
                return function(path, *args, **kwargs)
            try:
                found = function(path, *args, **kwargs)
            except OSError as error:
                return self._retry_redirected(function, path, makes, error, *args, **kwargs)
            there = self.redirected(path) if found is False else None  # only `access` returns False
            return function(there, *args, **kwargs) if there else found

        return call

    def open_with_fallback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same for `open`, whose second argument says whether it writes."""

        @functools.wraps(function)
        def call(file: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("dir_fd") is not None:
                return function(file, mode, *args, **kwargs)
            try:
                return function(file, mode, *args, **kwargs)
            except OSError as error:
                writes = bool(mode & WRITE_FLAGS) if isinstance(mode, int) else not str(mode).startswith("r")
                return self._retry_redirected(function, file, writes, error, mode, *args, **kwargs)

        return call

    def _retry_redirected(
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
        there = self.redirected(path, makes)
        if there is None:
            raise error
        try:
            return function(there, *args, **kwargs)
        except FileExistsError:
            raise
        except OSError:
            raise error from None

    def two_paths_with_fallback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same for functions of two paths."""

        @functools.wraps(function)
        def call(source: Any, target: Any, **kwargs: Any) -> Any:
            try:
                return function(source, target, **kwargs)
            except OSError as error:
                moved = self.redirected(source)
                start = moved if moved and os.path.lexists(moved) else source
                end = self.redirected(target, True) or target
                if (start, end) == (source, target):
                    raise
                try:
                    return function(start, end, **kwargs)
                except OSError:
                    raise error from None

        return call

    def with_redirected_path(self, function: Callable[..., Any], at: int, name: str) -> Callable[..., Any]:
        """Wrap a library function that opens files in C; the path is argument number `at`, or the one called `name`."""

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            path = args[at] if len(args) > at else kwargs.get(name)
            if (there := self.redirected(path)) and not _exists(path):
                self.redirected(path, True)
                if len(args) > at:
                    args = (*args[:at], there, *args[at + 1 :])
                else:
                    kwargs[name] = there
            return function(*args, **kwargs)

        return call

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        """Find modules that were written to a replaced path that is in `sys.path`."""
        places = [self.redirected(entry or ".") for entry in (sys.path if path is None else ())]
        there = [place for place in places if place and os.path.isdir(place)]
        return importlib.machinery.PathFinder.find_spec(name, there, target) if there else None


_stat, _makedirs = os.stat, os.makedirs


def _exists(path: Any) -> bool:
    try:
        _stat(path)
    except OSError:
        return False
    return True


def install_path_redirect() -> None:
    """Redirect files of this process to places below its working folder."""
    redirect = PathRedirect(os.getcwd())
    open_with_fallback = redirect.open_with_fallback(builtins.open)
    set_attributes(builtins, open=open_with_fallback)
    set_attributes(
        io, open=open_with_fallback, open_code=redirect.with_fallback(io.open_code)
    )  # `runpy` opens programs with it
    set_attributes(IPython.core.interactiveshell, io_open=open_with_fallback)
    with contextlib.suppress(AttributeError, ImportError):  # `np.savetxt` keeps an `open` of its own
        importlib.import_module("numpy.lib._datasource")._file_openers._file_openers[None] = (
            open_with_fallback
        )
    _replace_in_os("open", redirect.open_with_fallback(os.open))
    for name in ONE_PATH:
        _replace_in_os(name, redirect.with_fallback(getattr(os, name)))
    for name in TWO_PATHS:
        _replace_in_os(name, redirect.two_paths_with_fallback(getattr(os, name)))
    for name in REFUSED:
        _replace_in_os(name, _ignoring_refusal(getattr(os, name)))
    set_attributes(torch, save=redirect.with_redirected_path(torch.save, 1, "f"))
    set_attributes(
        torch.jit,
        save=redirect.with_redirected_path(torch.jit.save, 1, "f"),
        load=redirect.with_redirected_path(torch.jit.load, 0, "f"),
    )
    set_attributes(
        RecursiveScriptModule, save=redirect.with_redirected_path(RecursiveScriptModule.save, 1, "f")
    )
    set_attributes(sqlite3, connect=redirect.with_redirected_path(sqlite3.connect, 0, "database"))
    sys.meta_path.append(redirect)


def _replace_in_os(name: str, function: Callable[..., Any]) -> None:
    """Replace it in `os`, and in the sets in which `os` lists what its functions support."""
    before = getattr(os, name)
    set_attributes(os, **{name: function})
    for supporting in (
        os.supports_dir_fd,
        os.supports_fd,
        os.supports_follow_symlinks,
        os.supports_effective_ids,
    ):
        if before in supporting:
            supporting.add(function)


def _ignoring_refusal(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(path: Any, *args: Any, **kwargs: Any) -> None:
        try:
            function(path, *args, **kwargs)
        except PermissionError:
            os.stat(path)  # raises where there is no such file

    return call
