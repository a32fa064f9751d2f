"""Keeps JupyterLab's server responsive: formgrader's and Validate's slow actions run in a separate process (step_process.py).

nbgrader's handlers run them inside the server, which answers nobody until they are done. `put_in_place` puts the handlers below into the tables from
which nbgrader's extensions create their routes; it is called when formgrader reads the course's settings, which happens before that.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from nbgrader.server_extensions.formgrader import apihandlers
from nbgrader.server_extensions.formgrader.base import check_notebook_dir, check_xsrf
from nbgrader.server_extensions.validate_assignment import handlers as validate
from traitlets.config import Config

from gatelab.integrations.nbgrader.step_process import Answer, StepProcess

web = apihandlers.web  # tornado's, as nbgrader has it
Post = Callable[..., Awaitable[None]]
_steps, _checks = StepProcess(), StepProcess()


def _signed_in(post: Post) -> Post:
    signed_in: Post = web.authenticated(post)
    return signed_in


def _allowed(post: Post) -> Post:
    """nbgrader's checks for every formgrader request."""
    return _signed_in(check_xsrf(check_notebook_dir(post)))


async def _ask(handler: Any, step: str, *arguments: str) -> Answer:
    api = handler.api  # reads the settings again
    config = Config(api.config)
    folders = api.coursedir
    config.CourseDirectory.update(root=folders.root, db_url=folders.db_url, course_id=folders.course_id)
    return await _steps.ask(step, config, *arguments)


class AssignHandler(apihandlers.AssignHandler):  # type: ignore[misc]  # nbgrader has no stubs
    @_allowed
    async def post(self, assignment_id: str) -> None:
        self.write(json.dumps(await _ask(self, "generate_assignment", assignment_id)))


class AutogradeHandler(apihandlers.AutogradeHandler):  # type: ignore[misc]  # nbgrader has no stubs
    @_allowed
    async def post(self, assignment_id: str, student_id: str) -> None:
        self.write(json.dumps(await _ask(self, "autograde", assignment_id, student_id)))


class GenerateAllFeedbackHandler(apihandlers.GenerateAllFeedbackHandler):  # type: ignore[misc]  # nbgrader has no stubs
    @_allowed
    async def post(self, assignment_id: str) -> None:
        self.write(json.dumps(await _ask(self, "generate_feedback", assignment_id)))


class GenerateFeedbackHandler(apihandlers.GenerateFeedbackHandler):  # type: ignore[misc]  # nbgrader has no stubs
    @_allowed
    async def post(self, assignment_id: str, student_id: str) -> None:
        self.write(json.dumps(await _ask(self, "generate_feedback", assignment_id, student_id)))


class ValidateAssignmentHandler(validate.ValidateAssignmentHandler):  # type: ignore[misc]  # nbgrader has no stubs
    @_signed_in
    async def post(self) -> None:
        try:
            path = self.get_argument("path")
        except web.MissingArgumentError:
            path = self.get_json_body()["path"]
        root = Path(self.root_dir).resolve()
        if not (root / path).resolve().is_relative_to(root):  # as nbgrader refuses it
            raise web.HTTPError(403, "Access denied: path outside allowed directory")
        answer = await _checks.ask("validate", self.load_config(), str(self.root_dir), path)
        self.finish(json.dumps(answer))


OUR_HANDLERS = (
    AssignHandler,
    AutogradeHandler,
    GenerateAllFeedbackHandler,
    GenerateFeedbackHandler,
    ValidateAssignmentHandler,
)


def put_in_place() -> None:
    """Route nbgrader's URLs to these handlers. Calling it again has no further effect."""
    ours = {kind.__name__: kind for kind in OUR_HANDLERS}
    for table in (apihandlers.default_handlers, validate.default_handlers):
        table[:] = [(address, ours.get(kind.__name__, kind), *more) for address, kind, *more in table]
