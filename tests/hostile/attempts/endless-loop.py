"""Loops without end in a question."""

def first_answer(*args):
    while True: pass
