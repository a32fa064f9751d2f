"""Builds release/ (what students get) and solutions/ (solved and executed) from the masters in assignment/."""

from gatelab.build.errors import BuildError

__all__ = ["BuildError"]
