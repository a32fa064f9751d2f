"""What a notebook finds around it in Jupyter and not in a worker: a screen, bars, a keyboard, a GPU, threads, a compiler,
processes of its own.

Each is there and does nothing, or does what it can on one thread of the processor, so that code which is right in a
notebook is right here. Nothing of this protects anybody.
"""

from __future__ import annotations

import builtins
import concurrent.futures
import functools
import multiprocessing.pool
import pdb
import re
import sys
import types
from collections.abc import Callable
from typing import Any

import IPython.core.debugger as ipython_debugger
import matplotlib
import matplotlib.pyplot as plt
import torch
import torch.multiprocessing
import tqdm
from torch.overrides import TorchFunctionMode
from torch.utils.data import DataLoader

ELSEWHERE = ("cuda", "mps", "xpu", "hip", "mtia")  # devices that are not here
# PyTorch's words for it, by build: compiled without, no driver, no card.
MISSING = (
    r"(?i)not compiled with (cuda|xpu|hip|mtia|mps)|no nvidia driver|no (cuda|xpu|hip) gpus|no (cuda|xpu) devices"
    r"|not linked with support for (cuda|mps|xpu|hip|mtia)|(cuda|mps|xpu) (backend )?is (not available|supported only)"
    r"|could not run '.*' with arguments from the '(cuda|mps|xpu|hip)' backend|cannot access accelerator device"
    r"|torch\.cuda\.is_available\(\) is false|cannot initialize (cuda|xpu|mps)"
)


def settle_in() -> None:
    """Arrange the surroundings in this process."""
    _no_threads()
    _no_compiler()
    _no_loader_processes()
    _no_pools()
    _no_bars()
    _no_debugger()
    _no_screen()
    builtins.input = lambda prompt="": ""
    torch.set_default_device = _default_device(torch.set_default_device)
    torch.set_default_tensor_type = _only_here(torch.set_default_tensor_type)


def _set(place: Any, name: str, value: Any) -> None:
    """Put a stand-in where something may be missing in another version."""
    if hasattr(place, name):
        setattr(place, name, value)


def _no_threads() -> None:
    """A fork of a process with threads hangs; a number that is set is remembered and nothing else."""
    chosen = {"": torch.get_num_threads(), "_interop": torch.get_num_interop_threads()}
    for kind in chosen:
        setattr(torch, f"set_num{kind}_threads", functools.partial(chosen.__setitem__, kind))
        setattr(torch, f"get_num{kind}_threads", functools.partial(chosen.__getitem__, kind))


def _no_compiler() -> None:
    def left_alone(model: Any = None, *_: Any, **__: Any) -> Any:
        return model if model is not None else lambda function: function

    torch.compile = left_alone
    torch.nn.Module.compile = lambda self, *_, **__: None
    for name in ("disable", "allow_in_graph", "assume_constant_result"):
        _set(
            torch.compiler,
            name,
            lambda fn=None, *_, **__: fn if fn is not None else (lambda function: function),
        )
    for name in ("reset", "cudagraph_mark_step_begin"):
        _set(torch.compiler, name, lambda *_, **__: None)


def _no_loader_processes() -> None:
    make = DataLoader.__init__

    @functools.wraps(make)
    def here(self: DataLoader, *args: Any, **kwargs: Any) -> None:
        if len(args) > 5:  # dataset, batch_size, shuffle, sampler, batch_sampler, num_workers
            args = (*args[:5], 0, *args[6:])
        given = {"num_workers", "prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout"}
        kwargs = {
            key: value
            for key, value in kwargs.items()
            if key not in given | {"pin_memory", "pin_memory_device"}
        }
        make(self, *args, **kwargs)

    DataLoader.__init__ = here


class Serial(concurrent.futures.Executor):
    """An executor, or a pool, that does everything at once and in this process: no thread outlives a fork."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future:
        future: concurrent.futures.Future = concurrent.futures.Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class SerialPool(Serial):
    """The same under the names of multiprocessing's pools."""

    def map(self, function: Callable[..., Any], items: Any, chunksize: int | None = None) -> list[Any]:
        return [function(item) for item in items]

    def starmap(self, function: Callable[..., Any], items: Any, chunksize: int | None = None) -> list[Any]:
        return [function(*item) for item in items]

    def imap(self, function: Callable[..., Any], items: Any, chunksize: int = 1) -> Any:
        return iter(self.map(function, items))

    imap_unordered = imap

    def apply(
        self, function: Callable[..., Any], args: tuple = (), kwds: dict[str, Any] | None = None
    ) -> Any:
        return function(*args, **(kwds or {}))

    def apply_async(
        self, function: Callable[..., Any], args: tuple = (), kwds: dict[str, Any] | None = None
    ) -> Any:
        future = self.submit(function, *args, **(kwds or {}))
        return types.SimpleNamespace(
            get=lambda timeout=None: future.result(), ready=future.done, wait=lambda timeout=None: None
        )

    def close(self) -> None: ...

    terminate = join = close


def _no_pools() -> None:
    concurrent.futures.ThreadPoolExecutor = concurrent.futures.ProcessPoolExecutor = Serial
    for module in (multiprocessing, torch.multiprocessing):
        module.Pool = SerialPool
    multiprocessing.pool.ThreadPool = SerialPool


def _no_bars() -> None:
    make = tqdm.tqdm.__init__

    @functools.wraps(make)
    def silent(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs | {"disable": True})

    tqdm.tqdm.__init__ = silent


def _no_debugger() -> None:
    def nothing(*_: Any, **__: Any) -> None: ...

    sys.breakpointhook = nothing
    for name in ("set_trace", "post_mortem", "pm"):
        setattr(pdb, name, nothing)
    pdb.Pdb.set_trace = nothing
    ipython_debugger.set_trace = nothing
    ipython_debugger.Pdb.set_trace = nothing
    for name in ("ipdb", "pudb"):
        if name not in sys.modules:
            module = types.ModuleType(name)
            module.set_trace = module.post_mortem = module.pm = nothing
            sys.modules[name] = module


def _no_screen() -> None:
    for place, name in ((matplotlib, "use"), (plt, "switch_backend"), (plt, "show"), (plt, "pause")):
        setattr(place, name, lambda *_, **__: None)


def _elsewhere(device: Any) -> bool:
    if isinstance(device, torch.device):
        return device.type in ELSEWHERE
    return isinstance(device, str) and device.split(":")[0] in ELSEWHERE


def _default_device(choose: Callable[[Any], None]) -> Callable[[Any], None]:
    def set_default_device(device: Any) -> None:
        choose("cpu" if _elsewhere(device) or isinstance(device, int) else device)

    return set_default_device


def _only_here(choose: Callable[[Any], None]) -> Callable[[Any], None]:
    def set_default_tensor_type(kind: Any) -> None:
        if "cuda" not in str(kind):
            choose(kind)

    return set_default_tensor_type


class OnTheProcessor(TorchFunctionMode):
    """A GPU that is asked for is the processor. Costs time at every operation, so it is on for who asks for one."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "")
        if name in ELSEWHERE:  # x.cuda()
            return args[0]
        if name == "pin_memory":
            return args[0]
        if any(map(_elsewhere, args)):
            args = tuple("cpu" if _elsewhere(arg) else arg for arg in args)
        if _elsewhere(kwargs.get("device")):
            kwargs = kwargs | {"device": "cpu"}
        if kwargs.get("pin_memory"):
            kwargs = kwargs | {"pin_memory": False}
        return function(*args, **kwargs)


def choose_processor() -> bool:
    """For the rest of this process a GPU that is asked for is the processor. False when it already was."""
    if torch.nn.Module.cuda is _stay:
        return False
    OnTheProcessor().__enter__()
    for name in (
        "synchronize",
        "empty_cache",
        "set_device",
        "reset_peak_memory_stats",
        "init",
        "ipc_collect",
    ):
        _set(torch.cuda, name, lambda *_, **__: None)
    torch.nn.Module.cuda = _stay
    for name in ("memory_allocated", "max_memory_allocated", "memory_reserved", "current_device"):
        _set(torch.cuda, name, lambda *_, **__: 0)
    _set(torch.cuda, "get_device_name", lambda *_, **__: "no GPU here")
    return True


def _stay(module: torch.nn.Module, device: Any = None) -> torch.nn.Module:
    return module


def misses_gpu(message: str) -> bool:
    """Whether an error says that a device is asked for which this machine has not."""
    return re.search(MISSING, message) is not None
