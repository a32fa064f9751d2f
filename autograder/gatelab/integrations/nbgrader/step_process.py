"""Runs nbgrader's long steps in a separate process, so that JupyterLab's server keeps responding.

`python -m gatelab.integrations.nbgrader.step_process` reads requests from its input, one line of JSON each, and answers each with one line. It lives as long
as the server, so the grader that it has started is still running at the next click, and ends with it, when its input ends. Server
and process agree on the settings, because every request contains the server's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import traceback
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from traitlets.config import Config

from gatelab.jsonline import Message, decode, encode
from gatelab.limits import CLICK_ANSWER, KILLED_SECONDS

STEPS = ("generate_assignment", "autograde", "generate_feedback")  # methods of nbgrader's API
Answer = Message


def plain(config: Config) -> dict[str, dict[str, Any]]:
    """The settings that can be written as JSON. (The others are additions to defaults, which none of these steps uses.)"""
    found: dict[str, dict[str, Any]] = {}
    for section, values in config.items():
        for name, value in values.items() if isinstance(values, dict) else ():
            with contextlib.suppress(TypeError, ValueError):
                encode({name: value})
                found.setdefault(section, {})[name] = value
    return found


@dataclass
class StepProcess:
    """The process, from the server's side. One request at a time; the next one waits, but the server does not."""

    process: asyncio.subprocess.Process | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, step: str, config: Config, *arguments: Any) -> Answer:
        """nbgrader's own answer to a step; if the process was killed, an answer that says so."""
        line = encode({"step": step, "config": plain(config), "arguments": arguments})
        async with self.turn:
            if self.process is None or self.process.returncode is not None:
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", __name__,
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=CLICK_ANSWER,
                )  # fmt: skip
            process = self.process
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(line)
                await process.stdin.drain()
                return decode(await process.stdout.readline())
            except (OSError, ValueError):
                with contextlib.suppress(ProcessLookupError, TimeoutError):
                    process.kill()
                    await asyncio.wait_for(process.wait(), KILLED_SECONDS)
                self.process = None
                message = "The grader's process was ended from outside (out of memory?). Click again; what was graded before is kept."
                return {"success": False, "error": message, "value": message}


def main() -> None:
    """Answer requests until the input ends."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # so that what a library prints is not taken for an answer
        for line in sys.stdin.buffer:
            request = decode(line)
            try:
                answer = encode(_do(request["step"], Config(request["config"]), request["arguments"]))
            except BaseException:  # the server must get an answer
                answer = encode({"success": False, "error": traceback.format_exc()})
            out.write(answer)
            out.flush()


def _do(step: str, config: Config, arguments: list[Any]) -> Answer:
    if step == "validate":
        return _validate(config, *arguments)
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    if step not in STEPS:
        raise ValueError(step)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    return dict(getattr(api, step)(*arguments))


def _validate(config: Config, root: str, path: str) -> Answer:
    """nbgrader's answer to Validate, from its own function."""
    from nbgrader.server_extensions.validate_assignment.handlers import ValidateAssignmentHandler

    log = logging.getLogger(__name__)
    handler: Any = SimpleNamespace(root_dir=root, log=log, load_config=lambda: config)
    return dict(ValidateAssignmentHandler.validate_notebook(handler, path))


if __name__ == "__main__":
    main()
