"""Recurses until the stack is gone."""

import sys
sys.setrecursionlimit(10**9)
def first_answer(*args): return first_answer(*args)
