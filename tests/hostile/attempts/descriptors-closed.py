"""Closes every open file."""

import os
def lstm_step(*args):
    os.closerange(0, 4096)
