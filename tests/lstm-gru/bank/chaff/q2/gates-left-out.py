"""The step returns the new state and no gates.

Hint: A library's step keeps its gates to itself; a step written out has them by name. Which equations make them,
and what should the dict hold?
"""

credit = 0.4

EDITS = [('''gates = {"r": r, "z": z, "n": n}''', '''gates = {}''')]
