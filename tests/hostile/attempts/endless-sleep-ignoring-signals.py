"""Ignores every signal and sleeps."""

import signal, time
def first_answer(*args):
    for s in range(1, 65):
        try: signal.signal(s, signal.SIG_IGN)
        except (OSError, ValueError): pass
    time.sleep(10_000)
