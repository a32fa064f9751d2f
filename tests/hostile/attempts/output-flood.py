"""Prints without end."""

import os
def lstm_step(*args):
    while True:
        print('x' * 100_000)
        os.write(1, b'y' * 100_000)
