"""Substitutes for what a notebook has in Jupyter but not in a worker: a screen, progress bars, a keyboard, a GPU, threads,
a compiler, processes.

Each does nothing, or does its work on one CPU thread, so that code that works in a notebook works here too. This is not
a protection.
"""

from __future__ import annotations

import argparse
import builtins
import code
import concurrent.futures
import functools
import multiprocessing.pool
import pdb
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable
from typing import Any

import IPython
import IPython.core.debugger as ipython_debugger
import IPython.terminal.embed
import matplotlib
import matplotlib.pyplot as plt
import torch
import torch.multiprocessing
import tqdm
from torch.utils.data import DataLoader

from gatelab.sandbox.worker.devices import install_devices
from gatelab.sandbox.worker.loops import install_loops
from gatelab.sandbox.worker.made_modules import made_module
from gatelab.sandbox.worker.newer_names import install_newer_names
from gatelab.sandbox.worker.redirected_files import install_path_redirect
from gatelab.sandbox.worker.replacing import set_attributes, set_existing_attributes
from gatelab.sandbox.worker.templates import install_templates


def install_substitutes() -> None:
    """Install the substitutes in this process."""
    install_newer_names()
    install_templates()
    _no_threads()
    _no_compiler()
    _no_loader_processes()
    _no_pools()
    _no_bars()
    _no_debugger()
    _no_screen()
    _kernel_arguments()
    builtins.input = lambda prompt="": ""
    _no_programs()
    install_path_redirect()
    tempfile.tempdir = None  # it was computed before this process had its own folder
    install_loops()
    install_devices()


def _no_threads() -> None:
    """Only remember the number of threads that is set: a fork of a process with threads hangs."""
    chosen = {"": torch.get_num_threads(), "_interop": torch.get_num_interop_threads()}
    for kind in chosen:
        setattr(torch, f"set_num{kind}_threads", functools.partial(chosen.__setitem__, kind))
        setattr(torch, f"get_num{kind}_threads", functools.partial(chosen.__getitem__, kind))


def _no_compiler() -> None:
    def unchanged(model: Any = None, *_: Any, **__: Any) -> Any:
        return model if model is not None else lambda function: function

    set_attributes(torch, compile=unchanged)
    set_attributes(torch.nn.Module, compile=lambda self, *_, **__: None)

    def undecorated(fn: Any = None, *_: Any, **__: Any) -> Any:
        return unchanged(fn)

    set_existing_attributes(
        torch.compiler,
        disable=undecorated,
        allow_in_graph=undecorated,
        assume_constant_result=undecorated,
        reset=lambda *_, **__: None,
        cudagraph_mark_step_begin=lambda *_, **__: None,
    )


def _no_loader_processes() -> None:
    make = DataLoader.__init__

    @functools.wraps(make)
    def in_this_process(self: DataLoader[Any], *args: Any, **kwargs: Any) -> None:
        if len(args) > 5:  # dataset, batch_size, shuffle, sampler, batch_sampler, num_workers
            args = (*args[:5], 0, *args[6:])
        given = {"num_workers", "prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout"}
        kwargs = {
            key: value
            for key, value in kwargs.items()
            if key not in given | {"pin_memory", "pin_memory_device"}
        }
        make(self, *args, **kwargs)

    set_attributes(DataLoader, __init__=in_this_process)


class Serial(concurrent.futures.Executor):
    """An executor or pool that does everything immediately and in this process, because no thread survives a fork."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def submit(
        self, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class SerialPool(Serial):
    """The same, with the methods of multiprocessing's pools."""

    # With a pool's signature, not an executor's.
    def map(  # type: ignore[override]
        self, function: Callable[..., Any], items: Any, chunksize: int | None = None
    ) -> list[Any]:
        return [function(item) for item in items]

    def starmap(self, function: Callable[..., Any], items: Any, chunksize: int | None = None) -> list[Any]:
        return [function(*item) for item in items]

    def imap(self, function: Callable[..., Any], items: Any, chunksize: int = 1) -> Any:
        return iter(self.map(function, items))

    imap_unordered = imap

    def apply(
        self, function: Callable[..., Any], args: tuple[Any, ...] = (), kwds: dict[str, Any] | None = None
    ) -> Any:
        return function(*args, **(kwds or {}))

    def apply_async(
        self, function: Callable[..., Any], args: tuple[Any, ...] = (), kwds: dict[str, Any] | None = None
    ) -> Any:
        future = self.submit(function, *args, **(kwds or {}))
        return types.SimpleNamespace(
            get=lambda timeout=None: future.result(), ready=future.done, wait=lambda timeout=None: None
        )

    def close(self) -> None: ...

    terminate = join = close


def _no_pools() -> None:
    set_attributes(concurrent.futures, ThreadPoolExecutor=Serial, ProcessPoolExecutor=Serial)
    for module in (multiprocessing, torch.multiprocessing):
        set_attributes(module, Pool=SerialPool)
    set_attributes(multiprocessing.pool, ThreadPool=SerialPool)


def _no_bars() -> None:
    make = tqdm.tqdm.__init__

    @functools.wraps(make)
    def silent(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs | {"disable": True})

    set_attributes(tqdm.tqdm, __init__=silent)


def _no_debugger() -> None:
    def do_nothing(*_: Any, **__: Any) -> None: ...

    sys.breakpointhook = do_nothing
    for name in ("set_trace", "post_mortem", "pm"):
        setattr(pdb, name, do_nothing)
    set_attributes(pdb, runcall=lambda function, *args, **kwargs: function(*args, **kwargs))
    set_attributes(code, interact=do_nothing)
    set_attributes(IPython, embed=do_nothing)
    set_attributes(IPython.terminal.embed, embed=do_nothing)
    for place in (pdb.Pdb, ipython_debugger, ipython_debugger.Pdb):
        set_attributes(place, set_trace=do_nothing)
    for name in ("ipdb", "pudb"):
        if name not in sys.modules:
            module = made_module(name)
            set_attributes(module, set_trace=do_nothing, post_mortem=do_nothing, pm=do_nothing)
            sys.modules[name] = module


def _no_programs() -> None:
    """Programs started by a cell do nothing: they appear to succeed without output."""

    def completed(args: Any = (), *_: Any, **kwargs: Any) -> subprocess.CompletedProcess[Any]:
        silence = (
            "" if kwargs.get("text") or kwargs.get("universal_newlines") or kwargs.get("encoding") else b""
        )
        return subprocess.CompletedProcess(args, 0, silence, silence)

    def success(*_: Any, **__: Any) -> int:
        return 0

    set_attributes(
        subprocess,
        run=completed,
        call=success,
        check_call=success,
        check_output=lambda *args, **kwargs: completed(*args, **kwargs).stdout,
        getoutput=lambda *_, **__: "",
        getstatusoutput=lambda *_, **__: (0, ""),
    )


def _kernel_arguments() -> None:
    """Set the command-line arguments of a kernel, which the notebook's own argument parsers may ignore."""
    sys.argv = ["ipykernel_launcher.py", "-f", "kernel.json"]
    strict = argparse.ArgumentParser.parse_args

    @functools.wraps(strict)
    def parse_args(self: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> Any:
        return self.parse_known_args(None, namespace)[0] if args is None else strict(self, args, namespace)

    set_attributes(argparse.ArgumentParser, parse_args=parse_args)


def _no_screen() -> None:
    for place, name in ((matplotlib, "use"), (plt, "switch_backend"), (plt, "show"), (plt, "pause")):
        setattr(place, name, lambda *_, **__: None)
