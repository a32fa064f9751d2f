"""Stops its own process and never goes on."""

import os, signal
def lstm_step(*args):
    os.kill(os.getpid(), signal.SIGSTOP)
