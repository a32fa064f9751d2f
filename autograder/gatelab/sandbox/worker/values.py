"""Encoding of plain values (numbers, strings, containers, tensors and numpy arrays) as a JSON tree and named tensors.

    encode((h, {"i": i}), box)  ->  {"tuple": [{"tensor": "t0"}, {"dict": [["i", {"tensor": "t1"}]]}]}

An array crosses as a tensor that is marked as one: `{"array": "t0"}`. Other objects are never sent. They stay in a `Shelf` in their process, and a reference represents them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from gatelab.handed_out.checking.grammar import with_article
from gatelab.handed_out.checking.scalars import REAL, is_scalar, without_numpy
from gatelab.limits import (
    MAX_AXES,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_INT_KEY,
    MAX_KEY,
    MAX_NODES,
    NAME_LIMIT,
    REQUEST,
)

# What safetensors can carry and a check can compare.
DTYPES = {
    torch.float64, torch.float32, torch.float16, torch.bfloat16,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
}  # fmt: skip
ARRAYS = {np.dtype(str(dtype).removeprefix("torch.")) for dtype in DTYPES if dtype is not torch.bfloat16}


class ValueProblem(Exception):
    """A value cannot be sent; the message says why."""


class NotPlain(ValueProblem):
    """A value of a kind that is never sent."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{with_article(what)} cannot be sent: send numbers, texts, lists, tuples, dicts, tensors or numpy arrays of numbers"
        )


@dataclass(frozen=True)
class Ref:
    """An object that stays in the worker: its number on the shelf and the name of its type."""

    number: int
    type: str


@dataclass
class Shelf:
    """The worker's objects, to which the examiner refers by number."""

    objects: list[Any] = field(default_factory=list)

    def put(self, value: Any) -> Ref:
        self.objects.append(value)
        return Ref(len(self.objects) - 1, type(value).__name__)

    def get(self, ref: Ref) -> Any:
        return self.objects[ref.number]


@dataclass
class Box:
    """The tensors of one message, by name, and the encoder's budget."""

    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    nodes: int = 0

    def count(self, depth: int) -> None:
        """Count one more node. Raises ValueProblem if there are too many or it is too deep."""
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise ValueProblem("the value is nested too deeply or has too many entries")

    def add(self, tensor: torch.Tensor) -> str:
        name = f"t{len(self.tensors)}"
        self.tensors[name] = tensor
        return name


def encode(value: Any, box: Box, shelf: Shelf | None = None, depth: int = 0) -> Any:
    """Turn a value into its JSON tree; tensors are added to `box`, other objects to `shelf`.

    Raises ValueProblem for a value too deep or too large, a tensor that is not dense, real and on the CPU,
    and, without a shelf, NotPlain for an object that is not plain.
    """
    box.count(depth)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) >= 10**MAX_DIGITS:
            raise ValueProblem(f"a whole number of more than {MAX_DIGITS} digits")
        return {"int": str(int(value))}
    if isinstance(value, float):
        return {
            "float": float(value).hex()
            if value == value and abs(value) != float("inf")
            else repr(float(value))
        }
    if isinstance(value, torch.Tensor):
        return {"tensor": box.add(_dense(value)), "grad": bool(value.requires_grad and value.is_leaf)}
    if isinstance(value, Ref):
        return {"ref": value.number, "type": value.type}
    if is_scalar(value) and value.dtype.kind in REAL:
        return encode(without_numpy(value), box, shelf, depth + 1)
    if type(value) is np.ndarray and value.dtype.newbyteorder("=") in ARRAYS:
        # A copy, because a view may repeat numbers or have them in another order.
        _check_size(value)
        numbers = np.array(value, dtype=value.dtype.newbyteorder("="), order="C")
        return {"array": box.add(torch.from_numpy(numbers))}
    if isinstance(value, tuple):
        return {"tuple": [encode(item, box, shelf, depth + 1) for item in value]}
    if isinstance(value, list):
        return {"list": [encode(item, box, shelf, depth + 1) for item in value]}
    if isinstance(value, dict):
        return {
            "dict": [
                [encode(_key(k), box, shelf, depth + 1), encode(v, box, shelf, depth + 1)]
                for k, v in value.items()
            ]
        }
    if shelf is None:
        raise NotPlain(described(value))
    return encode(shelf.put(value), box)


def described(value: Any) -> str:
    """Describes a value that cannot be sent."""
    return f"numpy array of {value.dtype}" if type(value) is np.ndarray else type(value).__name__


def _key(key: Any) -> str | int:
    """The key of a dict, if it is a short text or a small number; others would cost the examiner time."""
    if isinstance(key, str) and len(key) <= MAX_KEY:
        return key
    if isinstance(key, int) and not isinstance(key, bool) and abs(key) < MAX_INT_KEY:
        return key
    raise ValueProblem("a dict has a key that is neither a short text nor a small whole number")


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.layout is not torch.strided or tensor.device.type != "cpu" or tensor.dtype not in DTYPES:
        raise ValueProblem(
            f"a tensor of dtype {tensor.dtype} on {tensor.device} ({tensor.layout}); "
            "a dense, real tensor on the CPU is needed"
        )
    _check_size(tensor)
    # A copy, because safetensors refuses tensors that share memory, and a Parameter is more than its numbers.
    return tensor.detach().clone(memory_format=torch.contiguous_format)


def _check_size(value: torch.Tensor | np.ndarray[Any, Any]) -> None:
    """Check the size before a copy is made: a view of a single number may have any size."""
    if value.nbytes > REQUEST[1] or is_implausible(value.shape, REQUEST[1]):
        raise ValueProblem("the value is too large")


def is_implausible(shape: Sequence[int], limit: int) -> bool:
    """Whether no real answer has this shape. In an empty tensor an axis may have any length, and messages would repeat it."""
    return len(shape) > MAX_AXES or math.prod(max(1, size) for size in shape) > limit


def decode(tree: Any, tensors: dict[str, torch.Tensor], shelf: Shelf | None = None) -> Any:
    """Turn a JSON tree back into the value. With a shelf, references become its objects; without one they stay Ref.

    Raises ValueProblem for anything that is not such a tree, because data from a worker is hostile.
    """
    return _decode(tree, Box(tensors), {}, shelf, 0)


def _decode(tree: Any, box: Box, with_grad: dict[str, torch.Tensor], shelf: Shelf | None, depth: int) -> Any:
    def inner(item: Any) -> Any:
        return _decode(item, box, with_grad, shelf, depth + 1)

    box.count(depth)
    if tree is None or isinstance(tree, bool | str):
        return tree
    if not isinstance(tree, dict) or not tree:
        raise ValueProblem("not a value of this protocol")
    try:
        if "tensor" in tree:
            name, tensor = tree["tensor"], box.tensors[tree["tensor"]]
            if tree.get("grad") is not True or not tensor.is_floating_point():
                return tensor
            if name not in with_grad:  # one copy, however often the message refers to it
                with_grad[name] = tensor.clone().requires_grad_()
            return with_grad[name]
        if "array" in tree:
            return box.tensors[tree["array"]].numpy()
        if "int" in tree:
            if len(tree["int"]) > MAX_DIGITS + 1:
                raise ValueProblem(f"a whole number of more than {MAX_DIGITS} digits")
            return int(tree["int"])
        if "float" in tree:
            text = tree["float"]
            return float(text) if text in ("nan", "inf", "-inf") else float.fromhex(text)
        if "ref" in tree:
            ref = Ref(int(tree["ref"]), str(tree["type"])[:NAME_LIMIT])
            return ref if shelf is None else shelf.get(ref)
        if "tuple" in tree:
            return tuple(inner(item) for item in tree["tuple"])
        if "list" in tree:
            return [inner(item) for item in tree["list"]]
        if "dict" in tree:
            return {_key(inner(k)): inner(v) for k, v in tree["dict"]}
    except ValueProblem:
        raise
    except Exception as error:
        raise ValueProblem(f"not a value of this protocol: {type(error).__name__}") from error
    raise ValueProblem("not a value of this protocol")


def leaves(value: Any, path: str = "", kind: Any = torch.Tensor) -> list[tuple[str, Any]]:
    """The tensors (or other values of type `kind`) in a nested value, with their paths: `((a, b),)` gives `0.0` and `0.1`."""
    if isinstance(value, kind):
        return [(path, value)]
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list | tuple):
        pairs = enumerate(value)
    else:
        return []
    return [
        leaf
        for key, item in pairs
        for leaf in leaves(item, f"{path}.{_key_text(key)}" if path else _key_text(key), kind)
    ]


def _key_text(key: Any) -> str:
    """A key as it is sent; for a member of a string Enum, its text."""
    return str.__str__(key) if isinstance(key, str) else str(key)
