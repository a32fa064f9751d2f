"""Gatelab: the grading engine of an autograded lab on LSTMs, GRUs and sequence tasks."""

__version__ = "0.1.0"
