"""The part of the grader that students get: the framework of the public checks, and what suites and worker share with it.

The build copies these files, byte for byte, into the students' package of every lab that has a folder `checking/` in it
(build/checks.py). So they import torch, otter and one another, and nothing of the engine.
"""
