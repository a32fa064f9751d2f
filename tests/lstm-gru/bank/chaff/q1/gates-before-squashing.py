"""The returned gates are the sums before sigmoid and tanh.

Hint: A gate lies between 0 and 1. Print the smallest and the largest number of gates["f"].
"""

credit = 0.6

EDITS = [
    ('{"i": i, "f": f, "g": g, "o": o}', '{"i": pre_i, "f": pre_f, "g": pre_g, "o": pre_o}'),
]
