"""The process that works for JupyterLab's server: each request has one answer, whatever happens to the process."""

from __future__ import annotations

import asyncio
import sys

import pytest
from traitlets.config import Config

from gatelab.integrations.nbgrader import step_process
from gatelab.integrations.nbgrader.step_process import Answer, StepProcess, plain


def ask(process: str, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """The server's answer where the process is this program."""
    started = asyncio.create_subprocess_exec

    async def start(*_: str, **pipes: int) -> asyncio.subprocess.Process:
        return await started(sys.executable, "-c", process, **pipes)

    async def once() -> Answer:
        asked = StepProcess()
        return await asked.ask("autograde", Config(), "lab")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    return asyncio.run(once())


@pytest.mark.parametrize(
    "says",
    [
        "", "print('no JSON')", "print('[1]')", "print('{\"success\": ', end='')", "print('[' * 50_000)", "print('x' * 3_000)",
        "import os; os._exit(9)",
    ],
    ids=["nothing", "no JSON", "a list", "half", "deep", "too long", "killed"],
)  # fmt: skip
def test_a_process_that_gives_no_answer_is_reported_as_ended(
    says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "x" in says:
        monkeypatch.setattr(step_process, "CLICK_ANSWER", 1_000)
    answer = ask(f"input()\n{says}", monkeypatch)
    assert answer["success"] is False and "ended from outside" in answer["error"]


def test_an_unknown_step_is_answered_by_the_process_with_its_reason() -> None:
    async def twice() -> list[Answer]:
        asked = StepProcess()
        answers = [await asked.ask("no_such_step", Config()) for _ in range(2)]
        assert asked.process is not None and asked.process.returncode is None  # the same one answered twice
        assert asked.process.stdin is not None
        asked.process.stdin.close()
        await asked.process.wait()
        return answers

    for answer in asyncio.run(twice()):
        assert answer["success"] is False and "ValueError: no_such_step" in answer["error"]


def test_only_settings_that_json_can_hold_are_passed_on() -> None:
    config = Config()
    config.Exchange.root, config.Exchange.hook, config.Execute.timeout = "/srv", print, float("inf")
    assert plain(config) == {"Exchange": {"root": "/srv"}}
