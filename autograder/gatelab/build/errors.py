"""The error that stops a build."""

from gatelab.lab.spec import LabError


class BuildError(LabError):
    """Nothing was written; the message says in one sentence what is wrong and where."""


class PublishError(BuildError):
    """Nothing was released; the message says in one sentence what to do."""
