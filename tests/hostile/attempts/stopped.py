"""Stops its own process and never goes on."""

import os, signal
def first_answer(*args):
    os.kill(os.getpid(), signal.SIGSTOP)
