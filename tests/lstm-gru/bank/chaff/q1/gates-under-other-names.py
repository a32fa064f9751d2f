"""The gates are returned under other names than "i", "f", "g" and "o".

Hint: Whoever reads your dict knows four keys from the contract. Print yours.
"""

credit = 0.75

EDITS = [
    ('{"i": i, "f": f, "g": g, "o": o}', '{"input": i, "forget": f, "cell": g, "output": o}'),
]
