"""From the masters in assignment/ to release/ (what students get) and solutions/ (solved and executed)."""

from gatelab.build.errors import BuildError

__all__ = ["BuildError"]
