"""Returns a dict with a million keys and one with keys that cannot be sorted."""

def lstm_step(*args):
    return {n: n for n in range(1_000_000)}
def gru_step(*args):
    return None, {1: 2, 'a': 3, None: 4, (1, 2): 5, 2.5: 6}
