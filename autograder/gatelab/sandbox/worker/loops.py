"""The event loop of a notebook. In Jupyter it runs all the time; here it runs only while something is awaited.

Therefore code that asks for the running loop gets the notebook's, `asyncio.run` works in a cell and in what a cell awaits (as
with nest_asyncio), and tasks that nobody awaits get some time after each cell.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from collections.abc import Coroutine, Iterator
from typing import Any

from gatelab.limits import BETWEEN_CELLS_SECONDS
from gatelab.sandbox.worker.replacing import set_attributes

_running_loop = asyncio.get_running_loop


class Loop(asyncio.SelectorEventLoop):
    """An event loop without a socket, which a worker cannot have. So no other thread can wake it."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())

    def run_until_complete(self, future: Any) -> Any:
        """Works even inside a running loop, as with nest_asyncio."""
        with _no_loop_running():
            if not self.is_running():
                return super().run_until_complete(future)
            inner = Loop()
            try:
                return inner.run_until_complete(future)
            finally:
                inner.close()

    def _make_self_pipe(self) -> None: ...

    def _close_self_pipe(self) -> None: ...

    def _write_to_self(self) -> None: ...


class _LoopPolicy(asyncio.DefaultEventLoopPolicy):
    def _loop_factory(self) -> Loop:
        return Loop()


def new_loop() -> None:
    """Install the event loop of a fresh notebook."""
    asyncio.set_event_loop_policy(_LoopPolicy())
    asyncio.set_event_loop(Loop())


def the_loop() -> asyncio.AbstractEventLoop:
    """The notebook's event loop; a new one if a cell has closed or removed it."""
    with contextlib.suppress(RuntimeError):
        loop = asyncio.get_event_loop_policy().get_event_loop()
        if not loop.is_closed():
            return loop
    loop = Loop()
    asyncio.set_event_loop(loop)
    return loop


def install_loops() -> None:
    """Make code that asks for the running loop get the notebook's."""
    for place in (asyncio, asyncio.events):
        set_attributes(place, get_running_loop=_get_running_loop)
    set_attributes(asyncio, create_task=_create_task, run=_run)


def run_pending_tasks() -> None:
    """Give tasks that nobody awaits some time, as they have in Jupyter between two cells."""
    loop = the_loop()
    if tasks := asyncio.all_tasks(loop):
        loop.run_until_complete(asyncio.wait(tasks, timeout=BETWEEN_CELLS_SECONDS))


def _get_running_loop() -> asyncio.AbstractEventLoop:
    try:
        return _running_loop()
    except RuntimeError:
        return the_loop()


def _create_task(coroutine: Any, **kwargs: Any) -> asyncio.Task[Any]:
    return _get_running_loop().create_task(coroutine, **kwargs)


def _run(main: Coroutine[Any, Any, Any], **_: Any) -> Any:
    return the_loop().run_until_complete(main)


@contextlib.contextmanager
def _no_loop_running() -> Iterator[None]:
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(before)
