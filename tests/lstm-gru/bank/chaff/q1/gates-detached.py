"""The returned gates are cut off from the graph.

Hint: A plot may need detached numbers, but then it is the plot that should detach them. What does your step
return?
"""

credit = 0.7

EDITS = [
    ('{"i": i, "f": f, "g": g, "o": o}', '{"i": i.detach(), "f": f.detach(), "g": g.detach(), "o": o.detach()}'),
]
