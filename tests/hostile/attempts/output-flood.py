"""Prints without end."""

import os
def first_answer(*args):
    while True:
        print('x' * 100_000)
        os.write(1, b'y' * 100_000)
