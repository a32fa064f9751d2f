"""The returned gates are the sums before sigmoid and tanh.

Hint: A gate lies between 0 and 1. Print the smallest and the largest number of gates["z"].
"""

credit = 0.6

EDITS = [
    ('{"r": r, "z": z, "n": n}', '{"r": x_r + h_r, "z": x_z + h_z, "n": x_n + reset}'),
]
