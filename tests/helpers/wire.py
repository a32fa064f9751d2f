"""The connection between examiner and worker, without either."""

from __future__ import annotations

import socket
import time
from typing import Any

from gatelab.sandbox.worker import wire


def across(value: Any) -> Any:
    """The value as it arrives at the other end."""
    near, far = socket.socketpair()
    with near, far:
        wire.send(near, value)
        return wire.receive(far, time.monotonic() + 5)
