"""The connection between examiner and worker: what may be sent, and what happens to anything else."""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import socket
import struct
import threading
import time

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelab.grading.question_worker import checked
from gatelab.limits import ANSWER, MAX_DIGITS, MAX_INT_KEY, MAX_KEY, MAX_NODES, NAME_LIMIT, TRACEBACK_FRAMES
from gatelab.sandbox.lost import WorkerLost
from gatelab.sandbox.process import OutputFile
from gatelab.sandbox.worker import wire
from gatelab.sandbox.worker.values import Box, Ref, Shelf, ValueProblem, decode, encode
from helpers.wire import across

keys = st.text(max_size=MAX_KEY) | st.integers(1 - MAX_INT_KEY, MAX_INT_KEY - 1)
whole = st.integers(1 - 10**MAX_DIGITS, 10**MAX_DIGITS - 1)
plain = st.recursive(
    st.none() | st.booleans() | whole | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=20,
)


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


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6.0).view(2, 3).T,
        torch.ones(1, 3).expand(4, 3),
        torch.arange(6)[::2],
        torch.view_as_complex(torch.tensor([[1.0, 2.0]])).conj().imag,
        torch.nn.Parameter(torch.ones(2)),
    ],
    ids=["transposed", "expanded", "every second one", "a negated view", "a parameter"],
)
def test_a_view_arrives_with_its_own_numbers(tensor: torch.Tensor) -> None:
    arrived = across({"once": tensor, "again": tensor})
    assert torch.equal(arrived["once"], tensor.detach()) and torch.equal(arrived["again"], tensor.detach())
    assert arrived["once"].data_ptr() != arrived["again"].data_ptr()


def test_a_leaf_that_requires_gradients_arrives_as_such_a_leaf() -> None:
    assert across(torch.ones(2, requires_grad=True)).requires_grad
    assert not across(torch.ones(2, requires_grad=True) * 2).requires_grad


def test_an_object_stays_on_its_shelf_and_a_reference_is_sent() -> None:
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
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(wire.WireProblem):
        receive_bytes(data)


@given(st.binary(max_size=120), st.binary(max_size=120))
@settings(max_examples=1000, deadline=None)
def test_random_bytes_in_a_right_frame_are_a_value_or_refused(tree: bytes, blob: bytes) -> None:
    with contextlib.suppress(wire.WireProblem):
        receive_bytes(wire.HEAD.pack(wire.MAGIC, len(tree), len(blob)) + tree + blob)


def test_a_frame_too_large_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(wire.WireProblem):
        receive_bytes(wire.HEAD.pack(wire.MAGIC, 10, 1 << 60))


def test_a_frame_that_never_ends_is_cut_off_at_the_deadline() -> None:
    started = time.monotonic()
    with pytest.raises(wire.WireProblem, match="time"):
        receive_bytes(wire.HEAD.pack(wire.MAGIC, 100, 0) + b"{", close=False, seconds=0.3)
    assert time.monotonic() - started < 30


def test_a_tensor_that_lies_about_its_size_is_refused() -> None:
    blob = bytearray(safetensors.torch.save({"t0": torch.zeros(4)}))
    header = blob[8 : 8 + struct.unpack("<Q", blob[:8])[0]]
    lying = bytes(blob).replace(bytes(header), bytes(header).replace(b'"shape":[4]', b'"shape":[9]'))
    tree = b'{"tensor": "t0"}'
    with pytest.raises(wire.WireProblem):
        receive_bytes(wire.HEAD.pack(wire.MAGIC, len(tree), len(lying)) + tree + lying)


def test_deep_json_is_refused() -> None:
    tree = b'{"list":[' * 100_000
    with pytest.raises(wire.WireProblem):
        decode_frame(tree)


def decode_frame(tree: bytes) -> object:
    near, far = socket.socketpair()
    with near, far:
        sender = threading.Thread(
            target=near.sendall, args=(wire.HEAD.pack(wire.MAGIC, len(tree), 0) + tree,)
        )
        sender.start()
        try:
            return wire.receive(far, time.monotonic() + 10)
        finally:
            sender.join(5)


def test_an_invalid_reference_is_not_a_value() -> None:
    with pytest.raises(ValueProblem):
        decode({"ref": "zero", "type": "x"}, {})


def framed(tree: str, **tensors: torch.Tensor) -> bytes:
    """A frame that was not made by `send`."""
    blob = safetensors.torch.save(tensors) if tensors else b""
    return wire.HEAD.pack(wire.MAGIC, len(tree), len(blob)) + tree.encode() + blob


def received(frame: bytes) -> object:
    """What the examiner makes of it."""
    near, far = socket.socketpair()
    with near, far:
        sender = threading.Thread(target=sent, args=(near, frame))
        sender.start()
        try:
            return wire.receive(far, time.monotonic() + 10, limits=ANSWER)
        finally:
            far.close()
            sender.join(5)


def sent(line: socket.socket, frame: bytes) -> None:
    with contextlib.suppress(OSError):
        line.sendall(frame)


@pytest.mark.parametrize("entry", ['{"int":"1"}', "null", '{"tensor":"t0"}'])
def test_a_value_of_too_many_entries_is_refused(entry: str) -> None:
    many = ",".join([entry] * (MAX_NODES + 1))
    with pytest.raises(wire.WireProblem):
        received(framed(f'{{"list":[{many}]}}', t0=torch.zeros(1)))
    assert len(received(framed(f'{{"list":[{entry},{entry}]}}', t0=torch.zeros(1)))) == 2


def test_keys_that_all_fall_into_one_slot_of_a_dict_are_refused_at_once() -> None:
    keys = ",".join(f'[{{"int":"{((1 << 61) - 1) * k}"}},null]' for k in range(1, 9_000))
    worked = time.process_time()
    with pytest.raises(wire.WireProblem):
        received(framed(f'{{"dict":[{keys}]}}'))
    assert time.process_time() - worked < 2


@pytest.mark.parametrize(
    "key", ['{"tensor":"t0"}', '{"tuple":[]}', "null", "true", f'"{"k" * 300}"', '{"float":"nan"}']
)
def test_a_dict_has_short_texts_and_small_numbers_for_keys(key: str) -> None:
    with pytest.raises(wire.WireProblem):
        received(framed(f'{{"dict":[[{key},null]]}}', t0=torch.zeros(1)))


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(wire.WireProblem):
        received(framed(f'{{"int":"{"9" * 4000}"}}'))
    with pytest.raises(ValueProblem):
        encode(10**MAX_DIGITS, Box())


def test_a_tensor_named_often_is_copied_once() -> None:
    refs = ",".join(['{"tensor":"t0","grad":true}'] * 150)
    got = received(framed(f'{{"list":[{refs}]}}', t0=torch.zeros(1 << 20)))
    assert len({tensor.data_ptr() for tensor in got}) == 1 and got[0].requires_grad


def test_an_answer_has_less_room_than_a_question() -> None:
    large = torch.zeros(ANSWER[1], dtype=torch.uint8)
    near, far = socket.socketpair()
    with near, far, pytest.raises(ValueProblem):
        wire.send(near, large, limits=ANSWER)
    with pytest.raises(wire.WireProblem):
        received(framed('{"tensor":"t0"}', t0=large))


def test_an_empty_tensor_cannot_spell_something_in_its_sizes() -> None:
    for shape in ((0, 1 << 40), (0,) + (1,) * 20):
        with pytest.raises(wire.WireProblem):
            received(framed('{"tensor":"t0"}', t0=torch.zeros(shape)))


@pytest.mark.parametrize("field", ["type", "message", "traceback"])
def test_an_error_crosses_as_text_only(field: str) -> None:
    answer = {"error": {"type": "ValueError", "message": "", "frames": [], "traceback": ""}}
    assert checked(answer)["error"]["type"] == "ValueError"
    answer["error"][field] = [torch.zeros(1000)] * 3000
    with pytest.raises(WorkerLost):
        checked(answer)


@pytest.mark.parametrize(
    "forged",
    [
        "cell 3, line 2",
        None,
        [{}],
        ["cell 3"],
        [{"cell": "3", "line": 2, "function": "f"}],
        [{"cell": True, "line": 2, "function": "f"}],
        [{"cell": 3, "line": torch.ones(9), "function": "f"}],
        [{"cell": 3, "line": 2, "function": torch.ones(9)}],
    ],
)
def test_whatever_lacks_the_form_of_a_notebooks_line_is_left_out(forged: object) -> None:
    error = {"type": "ValueError", "message": "", "frames": forged, "traceback": ""}
    assert checked({"error": error})["error"]["frames"] == []


def test_the_lines_that_an_exception_came_through_are_few_and_short() -> None:
    frame = {"cell": 3, "line": 2, "function": "f" * 9_000, "more": "x"}
    frames = checked({"error": {"type": "", "frames": [frame] * 9_000}})["error"]["frames"]
    assert frames == [{"cell": 3, "line": 2, "function": "f" * NAME_LIMIT}] * TRACEBACK_FRAMES


def test_output_is_read_through_a_file_description_that_the_worker_does_not_share() -> None:
    output = OutputFile()
    os.write(output.fd, b"hello")
    assert fcntl.fcntl(output.reader, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    fcntl.fcntl(output.fd, fcntl.F_SETFL, fcntl.fcntl(output.fd, fcntl.F_GETFL) | os.O_DIRECT)
    assert output.text() == "hello"
    output.close()
