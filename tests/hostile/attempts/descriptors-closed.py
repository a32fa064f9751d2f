"""Closes every open file."""

import os
def first_answer(*args):
    os.closerange(0, 4096)
