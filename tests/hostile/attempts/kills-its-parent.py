"""Kills the loaded notebook from within a question."""

import os, signal
def first_answer(*args):
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(1, signal.SIGKILL)
    os.kill(-1, signal.SIGKILL)
