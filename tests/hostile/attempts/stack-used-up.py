"""Recurses until the stack is gone."""

import sys
sys.setrecursionlimit(10**9)
def lstm_step(*args): return lstm_step(*args)
