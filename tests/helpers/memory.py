"""Measures how much memory a call takes, whatever the tests' process has used before: a process's peak never falls."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager


class Peak:
    """`bytes`: the peak of Python's objects, minus what they took before; set at the end."""

    bytes = 0


@contextmanager
def measured() -> Iterator[Peak]:
    """Measure what is called in this block."""
    gc.collect()
    tracemalloc.start()
    peak = Peak()
    try:
        before, _ = tracemalloc.get_traced_memory()
        yield peak
    finally:
        peak.bytes = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
