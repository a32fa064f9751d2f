"""Raises errors whose text raises, or ends the process."""

class Bite(Exception):
    def __str__(self):
        raise SystemExit(3)
    __repr__ = __str__
class Exit(Exception):
    def __str__(self):
        import os
        os._exit(0)
def first_answer(*args): raise Bite()
def second_answer(*args): raise Exit()
