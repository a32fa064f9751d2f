"""A backend in the examiner's own process, for code that staff wrote: wheat, chaff and references.

Values are encoded as for a worker, so a suite sees no difference.
"""

from __future__ import annotations

import contextlib
import io
import random
import types
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from gatelab.lab.policy import Withheld
from gatelab.limits import STAFF_CODE_KEPT
from gatelab.sandbox.worker.runtime import Runtime
from gatelab.sandbox.worker.values import Box, decode, encode
from gatelab.sandbox.worker.withheld import withheld
from gatelab.sandbox.worker.written_modules import NoModules


class LocalBackend:
    """Runs staff code. The `sources` are executed in order in one namespace.

    `without`: the parts of the library that it may not use.
    """

    def __init__(self, sources: list[str], without: Withheld | None = None) -> None:
        self.without = without
        namespace: dict[str, Any] = {"__name__": "staff_code"}
        with contextlib.redirect_stdout(io.StringIO()):
            for source in sources:
                exec(_compiled(source), namespace)
        self.runtime = Runtime(namespace, NoModules())

    def request(self, request: dict[str, Any], replay: bool = True) -> dict[str, Any]:
        box = Box()
        tree = encode(request, box)
        with contextlib.redirect_stdout(io.StringIO()), restored_state(), withholding(self.without):
            answer = self.runtime.handle(decode(tree, box.tensors, self.runtime.shelf))
            box = Box()
            tree = encode(answer, box, self.runtime.shelf)
        decoded: dict[str, Any] = decode(tree, box.tensors)
        return decoded


def withholding(without: Withheld | None) -> contextlib.AbstractContextManager[None]:
    """A context in which the parts of the library that staff code may not use are withheld."""
    return withheld(without.says, without.operators) if without else contextlib.nullcontext()


@lru_cache(maxsize=STAFF_CODE_KEPT)
def _compiled(source: str) -> types.CodeType:
    """Cached, because the same references are used with every chaff of a question."""
    return compile(source, "<staff>", "exec")


@contextlib.contextmanager
def restored_state() -> Iterator[None]:
    """Restores the examiner's random generators, default dtype and grad mode after running code that may change them."""
    states = (
        random.getstate(),
        np.random.get_state(),
        torch.get_rng_state(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
    )
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
        torch.set_default_dtype(states[3])
        torch.set_grad_enabled(states[4])
