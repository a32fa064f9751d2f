"""Messages between processes: one JSON object a line, as UTF-8. Whatever part of the engine sends or reads one does it here (handed_out/ imports nothing of the engine).

A peer may be ended in the middle of a message, and what it sends may come from a submission. So a reader trusts nothing: lines have a
maximum size, reads have a deadline, and anything but one JSON object of finite numbers is a BadLine. Imports only the standard library,
because the fork server and every worker import it.
"""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

Message = dict[str, Any]

PIECE = 1 << 16  # bytes received at once; a pipe of Linux holds as many


class BadLine(ValueError):
    """The line is not a message; the text says why, without quoting it."""


def encode(message: Message) -> bytes:
    """The message as a line, in ASCII. Raises TypeError or ValueError (NaN and infinity too) where JSON cannot hold it."""
    return json.dumps(message, allow_nan=False).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """The message of one line, with or without its end. Raises BadLine."""
    try:
        message = json.loads(line.decode("utf-8"), parse_constant=_finite, parse_float=_finite)
    except RecursionError as error:
        raise BadLine("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise BadLine("it is not UTF-8") from error
    except ValueError as error:
        raise BadLine("it is not JSON") from error
    if not isinstance(message, dict):
        raise BadLine("it is no JSON object")
    return message


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(number)
    return value


class Received:
    """The bytes that came, wherever they were split, and the messages in them.

    Args:
        most: bytes of the longest line.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._data = bytearray()
        self._looked = 0  # so far there is no end of a line

    def add(self, piece: bytes) -> None:
        self._data += piece

    def next(self) -> Message | None:
        """The next message; None until all of it has come. Raises BadLine."""
        end = self._data.find(b"\n", self._looked)
        if (len(self._data) if end < 0 else end) > self.most:
            raise BadLine(f"it is longer than {self.most} bytes")
        if end < 0:
            self._looked = len(self._data)
            return None
        line = bytes(self._data[:end])
        del self._data[: end + 1]
        self._looked = 0
        return decode(line)

    def all(self) -> Iterator[Message]:
        """The messages that have come whole. Raises BadLine."""
        while (message := self.next()) is not None:
            yield message

    @property
    def empty(self) -> bool:
        """Whether nothing is left, not even the beginning of a message."""
        return not self._data


class Reader:
    """The messages that come over a socket, which nothing else reads.

    Args:
        most: bytes of the longest line.
        receive: gets the next bytes, where more comes with them (descriptors).
    """

    def __init__(self, sock: socket.socket, most: int, receive: Callable[[], bytes] | None = None) -> None:
        self.sock, self.received = sock, Received(most)
        self._receive = receive or (lambda: sock.recv(PIECE))

    def read(self, deadline: float | None = None) -> Message | None:
        """The next message, or None where the peer closed the line.

        deadline: of time.monotonic; None waits for as long as the peer lives.
        Raises TimeoutError beyond the deadline, BadLine (also where the line was closed in the middle of a message), OSError.
        """
        while (message := self.received.next()) is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError("the message did not come in time")
            self.sock.settimeout(left)
            if not (piece := self._receive()):
                if self.received.empty:
                    return None
                raise BadLine("it was closed in the middle of a message")
            self.received.add(piece)
        return message
