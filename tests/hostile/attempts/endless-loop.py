"""Loops without end in a question."""

def lstm_step(*args):
    while True: pass
