"""The candidate is written whole: the input gate does not touch it.

Hint: How could this step decide to write nothing? One of your gates is computed and not used.
"""

credit = 0.3

EDITS = [
    ("written = i * g", "written = g"),
]
