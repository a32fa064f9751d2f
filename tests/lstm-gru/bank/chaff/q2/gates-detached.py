"""The returned gates are cut off from the graph.

Hint: A plot may need detached numbers, but then it is the plot that should detach them. What does your step
return?
"""

credit = 0.7

EDITS = [
    ('{"r": r, "z": z, "n": n}', '{"r": r.detach(), "z": z.detach(), "n": n.detach()}'),
]
