"""The part of the grader that students get: the framework of the public checks, and what suites and worker share with it.

The build copies these files into the students' package of every lab that has a folder `checking/` in it, below a line that says so
(build/checks.py). So they import torch, otter and one another, and nothing of the engine.
"""
