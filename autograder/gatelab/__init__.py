"""Gatelab: the grading engine of autograded labs in deep learning."""

__version__ = "0.1.0"
