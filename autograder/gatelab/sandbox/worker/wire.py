"""Messages between examiner and worker: frames of a JSON tree and its tensors, nothing else.

    magic (4 bytes) · length of the JSON (4) · length of the tensors (8) · JSON (UTF-8) · safetensors

Both sides read by the same rules. The examiner treats every byte as hostile: lengths are checked
before memory is allocated, and every read has a deadline.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from enum import Enum
from typing import Any

import safetensors
import safetensors.torch
import torch

from gatelab.limits import MIB, REQUEST
from gatelab.sandbox.worker.values import DTYPES, Box, Shelf, ValueProblem, decode, encode, is_implausible

MAGIC = b"GLw1"
HEAD = struct.Struct(">4sIQ")


class Trouble(Enum):
    """Why a message could not be exchanged."""

    GONE = "the process ended"
    LATE = "time used up"
    NOISE = "the process sent bytes that are not an answer"


class WireProblem(Exception):
    """The other side is gone, late, or does not follow this protocol: `kind` says which, the message says it in words."""

    def __init__(self, kind: Trouble, words: str = "") -> None:
        super().__init__(words or kind.value)
        self.kind = kind


def send(
    sock: socket.socket, value: Any, shelf: Shelf | None = None, limits: tuple[int, int] = REQUEST
) -> None:
    """Send one value. Raises ValueProblem if it cannot be sent, WireProblem if the other side is gone."""
    box = Box()
    tree = json.dumps(encode(value, box, shelf)).encode("utf-8", "surrogatepass")
    tensors = _packed(box.tensors) if box.tensors else b""
    if len(tree) > limits[0] or len(tensors) > limits[1]:
        raise ValueProblem("the value is too large")
    try:
        sock.sendall(HEAD.pack(MAGIC, len(tree), len(tensors)) + tree + tensors)
    except OSError as error:
        raise WireProblem(Trouble.GONE) from error


def _packed(tensors: dict[str, torch.Tensor]) -> bytes:
    """A faster `safetensors.torch.save` for the tensors of a Box, which are dense copies that share no memory."""
    return safetensors.serialize(
        {
            name: safetensors.TensorSpec(
                dtype=str(tensor.dtype).removeprefix("torch."),
                shape=tensor.shape,
                data_ptr=tensor.data_ptr(),
                data_len=tensor.nbytes,
            )
            for name, tensor in tensors.items()
        }
    )


def receive(
    sock: socket.socket,
    deadline: float | None = None,
    shelf: Shelf | None = None,
    limits: tuple[int, int] = REQUEST,
) -> Any:
    """Receive one value before `deadline` (of time.monotonic).

    Raises WireProblem if the other side is gone or late or sends anything that is not a frame.
    """
    magic, tree_size, tensor_size = HEAD.unpack(_exactly(sock, HEAD.size, deadline))
    if magic != MAGIC or tree_size > limits[0] or tensor_size > limits[1]:
        raise WireProblem(Trouble.NOISE)
    text = _exactly(sock, tree_size, deadline)
    blob = _exactly(sock, tensor_size, deadline)
    try:
        # The header of the tensors is JSON too; its length is in the first eight bytes.
        if int.from_bytes(blob[:8], "little") > limits[0]:
            raise WireProblem(Trouble.NOISE)
        tensors = safetensors.torch.load(blob) if blob else {}
        if any(
            tensor.dtype not in DTYPES or is_implausible(tensor.shape, limits[1])
            for tensor in tensors.values()
        ):
            raise WireProblem(Trouble.NOISE, "the process sent a tensor of an unknown type")
        return decode(json.loads(text), tensors, shelf)
    except (
        ValueProblem,
        ValueError,
        KeyError,
        RecursionError,
        RuntimeError,
        safetensors.SafetensorError,
    ) as error:
        raise WireProblem(Trouble.NOISE) from error


def _exactly(sock: socket.socket, size: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise WireProblem(Trouble.LATE)
            sock.settimeout(left)
        try:
            piece = sock.recv(min(size - len(parts), MIB))
        except TimeoutError as error:
            raise WireProblem(Trouble.LATE) from error
        except OSError as error:
            raise WireProblem(Trouble.GONE) from error
        if not piece:
            raise WireProblem(Trouble.GONE)
        parts += piece
    return bytes(parts)
