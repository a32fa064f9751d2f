"""A graded notebook for tests of the worker, and what a worker changes for good in its process, put back in this one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from helpers.solved_notebook import graded  # noqa: F401  (fixture)


@pytest.fixture(autouse=True)
def asyncio_as_it_was() -> Iterator[None]:
    """A worker's event loop has no socket; a notebook that a later test executes in this process needs one."""
    policy = asyncio.get_event_loop_policy()
    running = [(place, place.get_running_loop) for place in (asyncio, asyncio.events)]
    yield
    asyncio.set_event_loop_policy(policy)
    for place, get_running_loop in running:
        place.get_running_loop = get_running_loop
