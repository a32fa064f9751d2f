"""The line between examiner and worker: what may cross, and what becomes of anything else."""

from __future__ import annotations

import contextlib
import math
import socket
import struct
import time

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelab.worker import wire
from gatelab.worker.values import Box, Ref, Shelf, ValueProblem, decode, encode

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)


def across(value: object) -> object:
    near, far = socket.socketpair()
    with near, far:
        wire.send(near, value)
        return wire.receive(far, time.monotonic() + 5)


def alike(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


@given(plain)
@settings(max_examples=200, deadline=None)
def test_plain_values_arrive_as_they_were(value: object) -> None:
    assert alike(value, across(value))


@pytest.mark.parametrize(
    "dtype", [torch.float64, torch.float32, torch.bfloat16, torch.int64, torch.bool, torch.uint8]
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_tensors_arrive_with_shape_dtype_and_numbers(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = torch.randn(shape).mul(3).to(dtype)
    got = across({"t": tensor})["t"]
    assert got.dtype == dtype and got.shape == tensor.shape and torch.equal(got, tensor)


def test_a_leaf_that_needs_gradients_is_one_on_the_other_side() -> None:
    assert across(torch.ones(2, requires_grad=True)).requires_grad
    assert not across(torch.ones(2, requires_grad=True) * 2).requires_grad


def test_an_object_stays_on_its_shelf_and_a_reference_goes() -> None:
    shelf, layer = Shelf(), torch.nn.Linear(1, 1)
    near, far = socket.socketpair()
    with near, far:
        wire.send(near, layer, shelf)
        ref = wire.receive(far, time.monotonic() + 5)
    assert ref == Ref(0, "Linear") and shelf.get(ref) is layer


@pytest.mark.parametrize("value", [object(), torch.nn.Linear(1, 1), {"x": print}])
def test_an_object_cannot_cross_without_a_shelf(value: object) -> None:
    with pytest.raises(ValueProblem):
        encode(value, Box())


@pytest.mark.parametrize("value", [torch.zeros(2, dtype=torch.complex64), torch.eye(2).to_sparse()])
def test_a_tensor_that_no_check_can_compare_is_refused_by_name(value: torch.Tensor) -> None:
    with pytest.raises(ValueProblem, match="dense, real tensor"):
        encode(value, Box())


def test_a_value_nested_without_end_is_refused() -> None:
    value: list = []
    value.append(value)
    with pytest.raises(ValueProblem):
        encode(value, Box())


def receive_bytes(data: bytes, close: bool = True, seconds: float = 2) -> object:
    near, far = socket.socketpair()
    with far:
        near.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            near.send(data)
        if close:
            near.close()
        try:
            return wire.receive(far, time.monotonic() + seconds)
        finally:
            near.close()


@given(st.binary(max_size=200))
@settings(max_examples=1000, deadline=None)
def test_random_bytes_are_named_as_no_answer(data: bytes) -> None:
    with pytest.raises(wire.WireProblem):
        receive_bytes(data)


@given(st.binary(max_size=120), st.binary(max_size=120))
@settings(max_examples=1000, deadline=None)
def test_random_bytes_in_a_right_frame_are_a_value_or_named_as_no_answer(tree: bytes, blob: bytes) -> None:
    with contextlib.suppress(wire.WireProblem):
        receive_bytes(wire.HEAD.pack(wire.MAGIC, len(tree), len(blob)) + tree + blob)


def test_a_frame_too_large_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(wire.WireProblem):
        receive_bytes(wire.HEAD.pack(wire.MAGIC, 10, 1 << 60))


def test_a_frame_that_never_ends_meets_the_deadline() -> None:
    started = time.monotonic()
    with pytest.raises(wire.WireProblem, match="time"):
        receive_bytes(wire.HEAD.pack(wire.MAGIC, 100, 0) + b"{", close=False, seconds=0.3)
    assert time.monotonic() - started < 3


def test_a_tensor_that_lies_about_its_size_is_no_answer() -> None:
    blob = bytearray(safetensors.torch.save({"t0": torch.zeros(4)}))
    header = blob[8 : 8 + struct.unpack("<Q", blob[:8])[0]]
    lying = bytes(blob).replace(bytes(header), bytes(header).replace(b'"shape":[4]', b'"shape":[9]'))
    tree = b'{"tensor": "t0"}'
    with pytest.raises(wire.WireProblem):
        receive_bytes(wire.HEAD.pack(wire.MAGIC, len(tree), len(lying)) + tree + lying)


def test_deep_json_is_no_answer() -> None:
    tree = b'{"list":[' * 100_000
    with pytest.raises(wire.WireProblem):
        decode_frame(tree)


def decode_frame(tree: bytes) -> object:
    near, far = socket.socketpair()
    with near, far:
        import threading

        sender = threading.Thread(
            target=near.sendall, args=(wire.HEAD.pack(wire.MAGIC, len(tree), 0) + tree,)
        )
        sender.start()
        try:
            return wire.receive(far, time.monotonic() + 10)
        finally:
            sender.join(5)


def test_a_reference_that_is_none_is_no_value() -> None:
    with pytest.raises(ValueProblem):
        decode({"ref": "zero", "type": "x"}, {})
