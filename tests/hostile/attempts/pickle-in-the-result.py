"""Returns an object that runs code when it is unpickled."""

class Bomb:
    def __reduce__(self):
        import os
        return os.system, ('touch /tmp/gatelab-hostile-was-here',)
def first_answer(*args): return Bomb(), Bomb(), {'i': Bomb()}
