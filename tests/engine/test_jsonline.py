"""A message between processes is one JSON object on a line, however it comes, and whatever else comes is refused."""

from __future__ import annotations

import re
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelab import jsonline
from gatelab.jsonline import BadLine, Reader, Received, decode, encode

ENGINE = Path(jsonline.__file__).parent
MOST = 1000

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=8,
)  # fmt: skip
messages = st.lists(st.dictionaries(st.text(max_size=10), plain, max_size=4), max_size=5)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({cut % (len(data) + 1) for cut in cuts} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(messages, st.lists(st.integers(0, 10_000), max_size=8))
def test_messages_come_as_they_were_sent_wherever_their_bytes_are_split(
    sent: list[dict[str, Any]], cuts: list[int]
) -> None:
    received, found = Received(1 << 20), []
    for piece in pieces(b"".join(map(encode, sent)), cuts):
        received.add(piece)
        found += received.all()
    assert found == sent
    assert received.empty and received.next() is None


@given(messages)
def test_a_line_is_ascii_and_has_one_end(sent: list[dict[str, Any]]) -> None:
    for message in sent:
        assert encode(message).isascii() and encode(message).count(b"\n") == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_a_bad_line(data: bytes) -> None:
    try:
        assert isinstance(decode(data), dict)
    except BadLine as error:
        assert not data or str(error).startswith("it is n")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"[1, 2]", "no JSON object"),
        (b'"text"', "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),  # which json.loads would take
        ('{"a": 1}'.encode("utf-16-le"), "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": -Infinity}', "not JSON"),
        (b'{"a": 1e999}', "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    ],
)
def test_whatever_is_not_a_message_is_refused_with_its_reason(line: bytes, why: str) -> None:
    with pytest.raises(BadLine, match=why):
        decode(line)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), object()])
def test_what_json_cannot_hold_is_not_sent(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode({"a": value})


@given(st.integers(1, 300), st.lists(st.integers(0, 10_000), max_size=8))
def test_a_line_that_is_too_long_is_refused_with_and_without_its_end(more: int, cuts: list[int]) -> None:
    for data in (b"x" * (MOST + more), b"x" * (MOST + more) + b"\n"):
        received = Received(MOST)
        with pytest.raises(BadLine, match=f"longer than {MOST} bytes"):
            for piece in pieces(data, cuts):
                received.add(piece)
                received.next()


def test_a_line_of_the_largest_size_is_read() -> None:
    received = Received(MOST)
    message = {"a": "x" * (MOST - len('{"a": ""}'))}
    received.add(encode(message))
    assert received.next() == message


def test_time_to_read_a_line_grows_with_its_length_and_not_with_its_pieces() -> None:
    received, began = Received(1 << 24), time.process_time()
    for _ in range(1 << 16):  # searched from the start each time, these would be 8.6 billion bytes
        received.add(b" " * 4)
        assert received.next() is None
    assert time.process_time() - began < 5


def test_a_reader_waits_for_the_rest_and_keeps_what_came_after() -> None:
    near, far = socket.socketpair()
    with near, far:
        reader = Reader(near, MOST)
        data = encode({"n": 1}) + encode({"n": 2})
        far.sendall(data[:3])
        rest = threading.Timer(0.05, far.sendall, [data[3:]])
        rest.start()
        assert reader.read(time.monotonic() + 10) == {"n": 1}
        assert reader.read(time.monotonic() - 1) == {"n": 2}  # it is here already
        rest.join()


def test_a_line_closed_between_messages_has_ended_and_one_closed_within_a_message_is_bad() -> None:
    for said, bad in ((b'{"n": 1}\n', False), (b'{"n": 1}\n{"n"', True)):
        near, far = socket.socketpair()
        with near, far:
            far.sendall(said)
            far.close()
            reader = Reader(near, MOST)
            assert reader.read() == {"n": 1}
            if bad:
                with pytest.raises(BadLine, match="closed in the middle"):
                    reader.read()
            else:
                assert reader.read() is None


def test_a_line_that_drips_ends_at_the_deadline_and_one_that_never_ends_at_its_size() -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"{")
        began = time.monotonic()
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.01):
                far.sendall(b" ")

        dripping = threading.Thread(target=drip)
        dripping.start()
        with pytest.raises(TimeoutError):
            Reader(near, 1 << 20).read(time.monotonic() + 0.2)
        with pytest.raises(BadLine, match="longer than 20 bytes"):
            Reader(near, 20).read(time.monotonic() + 30)
        stop.set()
        dripping.join()
        assert time.monotonic() - began < 20


# JSON with the end of a line after it that goes to bytes, and JSON in a module that receives bytes or lines.
BY_HAND = re.compile(r"""dumps\(.*\)\.encode\([^)]*\) \+ b["']\\n|\.dumps\([^=\n]*\) \+ ["']\\n""")
LINES = re.compile(r"\.recv\(|\.recv_into\(|recv_fds\(|recvmsg\(|\.makefile\(|\.readline\(|sys\.stdin:|stdin\.buffer:|splitlines\(\)\[-1\]")  # fmt: skip
JSON = re.compile(r"json\.loads\(")
FRAMES = {
    "sandbox/worker/wire.py": "frames of a length that is told first, with tensors",
    "handed_out/handin/run.py": "is handed out with the lab, so it imports nothing of the engine",
    "audit/bench_scaling.py": "a program's output, and a word to begin",
}


def test_no_other_module_writes_or_reads_json_lines_by_hand() -> None:
    found = set()
    for path in ENGINE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name != "jsonline.py" and (
            BY_HAND.search(text) or (LINES.search(text) and JSON.search(text))
        ):
            found.add(str(path.relative_to(ENGINE)))
    assert found == FRAMES.keys()
