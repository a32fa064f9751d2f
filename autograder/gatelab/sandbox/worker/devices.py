"""Uses the CPU when a notebook asks for a GPU that this machine lacks.

This is not a protection, and it is inactive until a notebook asks for a device that is missing.
"""

from __future__ import annotations

import contextlib
import functools
import re
import sys
import types
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gatelab.handed_out.device import ELSEWHERE
from gatelab.sandbox.worker.replacing import set_attributes, set_existing_attributes

# PyTorch's messages, which depend on the build: no GPU support compiled in, no driver, no GPU, a GPU that a worker must not use.
MISSING = re.compile(
    r"(?i)not compiled with (cuda|xpu|hip|mtia|mps)|no nvidia driver|no (cuda|xpu|hip) gpus|no (cuda|xpu) devices"
    r"|not linked with support for (cuda|mps|xpu|hip|mtia)|(cuda|mps|xpu) (backend )?is (not available|supported only)"
    r"|could not run '.*' with arguments from the '(cuda|mps|xpu|hip)' backend|cannot access accelerator device"
    r"|torch\.cuda\.is_available\(\) is false|cannot initialize (cuda|xpu|mps)"
    r"|without (cuda|mps|xpu) (support|backend)|requires (cuda|mps|xpu) support|without aten_cuda"
    r"|cuda (error|unknown error|driver error)|cudagetdevicecount|re-initialize cuda"
    r"|dummy base class|nvtx functions not installed|has no attribute '_(cuda|mps|xpu|accelerator)"
    r"|type torch\.cuda\.\w+ not available|invalid (cuda )?device id|expected a '(cuda|mps|xpu)' (device|generator)"
)


def install_devices() -> None:
    """Set up the parts that change nothing unless a notebook asks for a GPU."""
    set_attributes(torch, set_default_device=_default_device(torch.set_default_device))
    set_attributes(torch, set_default_tensor_type=_ignoring_gpu_types(torch.set_default_tensor_type))
    if hasattr(torch, "accelerator"):
        set_existing_attributes(
            torch.accelerator, current_accelerator=_accelerator(torch.accelerator.current_accelerator)
        )


def _accelerator(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the CPU to a notebook, and to PyTorch itself (`fork_rng`, a DataLoader) the truth, which is None."""

    def current_accelerator(*args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__", "")
        return ask(*args, **kwargs) if caller.split(".")[0] == "torch" else torch.device("cpu")

    return current_accelerator


def seed_cpu_only() -> None:
    """By default `torch.manual_seed` also stores a seed, and its caller's stack as text, for every kind of device that may
    be initialised later. That takes 5 ms a call, although no such device will ever be used."""
    for place in (torch.cuda, torch.xpu, torch.mtia):
        set_existing_attributes(place, manual_seed_all=lambda seed: None)


def _is_other_device(device: Any) -> bool:
    if isinstance(device, torch.device):
        return device.type in ELSEWHERE
    return isinstance(device, str) and device.split(":")[0] in ELSEWHERE


def _default_device(choose: Callable[[Any], None]) -> Callable[[Any], None]:
    def set_default_device(device: Any) -> None:
        choose("cpu" if _is_other_device(device) or isinstance(device, int) else device)

    return set_default_device


def _ignoring_gpu_types(choose: Callable[[Any], None]) -> Callable[[Any], None]:
    def set_default_tensor_type(kind: Any) -> None:
        if "cuda" not in str(kind):
            choose(kind)

    return set_default_tensor_type


class OnCPU(TorchFunctionMode):
    """Replaces a requested GPU by the CPU. Costs time at every operation, so it is on only for notebooks that ask for one."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "")
        if name in ELSEWHERE:  # x.cuda()
            return args[0]
        if name == "pin_memory":
            return args[0]
        if name == "type" and len(args) > 1 and (kind := _cpu_dtype(args[1])) is not None:
            return args[0].to(kind)
        if any(map(_is_other_device, args)):
            args = tuple("cpu" if _is_other_device(arg) else arg for arg in args)
        if _is_other_device(kwargs.get("device")):
            kwargs = kwargs | {"device": "cpu"}
        if kwargs.get("pin_memory"):
            kwargs = kwargs | {"pin_memory": False}
        return function(*args, **kwargs)


def _cpu_dtype(kind: Any) -> torch.dtype | None:
    """The dtype of `torch.cuda.FloatTensor` and similar types."""
    found = re.search(r"torch\.(?:cuda|mps|xpu)\.(\w+)Tensor", str(kind))
    return getattr(torch, found[1].lower(), None) if found else None


def use_cpu_instead() -> bool:
    """From now on, use the CPU in this process whenever a GPU is requested. Returns False if that was already so."""
    if torch.nn.Module.cuda is _return_self:
        return False
    OnCPU().__enter__()  # type: ignore[no-untyped-call]  # torch's
    set_existing_attributes(torch.nn.Module, cuda=_return_self, xpu=_return_self)
    set_attributes(torch, Generator=Generator)
    for place in (torch.cuda, torch.cuda.nvtx, torch.mps, torch.xpu):
        for name, value in list(vars(place).items()):
            if isinstance(value, types.FunctionType) and not name.startswith("_") and name not in TRUTHFUL:
                set_attributes(place, **{name: _with_default(value)})
    for place in (torch.cuda, torch.mps.event, torch.mps, torch.xpu):
        set_existing_attributes(place, **dict.fromkeys(IDLE_TYPES, Idle))
    return True


TRUTHFUL = ("is_available", "is_initialized", "device_count")  # a notebook that asks gets the truth
# Attributes of torch.cuda and similar modules that are created, entered or recorded on a GPU.
IDLE_TYPES = ("Event", "Stream", "device", "device_of", "stream", "StreamContext", "graph", "CUDAGraph")
NUMBERS = re.compile("memory|count|current_device|utilization|temperature|power|clock|seed")


class Idle:
    """Replaces an event, a stream or a device of a GPU: can be created and entered, and reports a time of 0."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: 0.0

    def __enter__(self) -> Idle:
        return self

    def __exit__(self, *_: object) -> None: ...


class Generator(torch.Generator):
    """A random generator on the CPU, whichever device was asked for."""

    def __new__(cls, device: Any = "cpu") -> Generator:
        here = "cpu" if _is_other_device(device) else device
        return super().__new__(cls, here)  # type: ignore[call-arg]  # torch's takes the device here


def _with_default(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function; if it fails, a neutral value is returned instead."""

    @functools.wraps(function)
    def quiet(*args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(Exception):
            return function(*args, **kwargs)
        if "name" in function.__name__:
            return "no GPU here"
        if "capability" in function.__name__:
            return (0, 0)
        if "properties" in function.__name__:
            return types.SimpleNamespace(
                name="no GPU here", total_memory=0, major=0, minor=0, multi_processor_count=0
            )
        return 0 if NUMBERS.search(function.__name__) else None

    return quiet


def _return_self(module: torch.nn.Module, device: Any = None) -> torch.nn.Module:
    return module


def lacks_gpu(message: str) -> bool:
    """Whether an error says that this machine lacks the requested device."""
    return MISSING.search(message) is not None


def asks_for_gpu(test: str) -> bool:
    """Whether a condition asks for a device that this machine lacks."""
    return re.search(r"(?i)\b(cuda|mps|xpu|gpu|accelerator)", test) is not None
