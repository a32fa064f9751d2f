"""A fork server, and a way into its workers, for the tests of the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gatelab.grading.workers import ConfinedWorkers
from gatelab.lab.spec import Lab
from gatelab.sandbox.forkserver import ForkServer
from gatelab.submission.notebook import CodeCell

Run = Callable[..., Any]


@pytest.fixture(scope="package")
def server(lab: Lab) -> Iterator[ForkServer]:
    with ForkServer(lab.package, lab.policy.preload) as server:
        yield server


@pytest.fixture
def workers(lab: Lab, server: ForkServer) -> Iterator[ConfinedWorkers]:
    workers = ConfinedWorkers(lab, [CodeCell(0, "import torch")], server.client, server.library)
    yield workers
    workers.unload()


@pytest.fixture
def inside(workers: ConfinedWorkers) -> Run:
    """Run a function body in a question's worker and return its value, or the type of what it raised."""

    def run(body: str, seconds: float = 20, **values: Any) -> Any:
        lines = "\n".join("    " + line for line in body.splitlines())
        backend = workers.open(workers.lab.questions["q1"], set(), time.monotonic() + seconds)
        source = f"def main(ns, {', '.join(values)}):\n{lines}\n"
        try:
            answer = backend.request({"op": "run", "arguments": {"source": source, "values": values}})
        finally:
            workers.close(backend)
        return answer["error"]["type"] if "error" in answer else answer["value"]

    return run
