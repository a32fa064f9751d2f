"""The head reads the layer's final cell state instead of its output.

Hint: The cell state is the memory; what the layer shows of it is its output. And after which step was that final state taken?
"""

credit = 0.6

EDITS = [
    (
        'outputs, _ = self',
        'outputs, state = self',
    ),
    (
        'last_valid(outputs, lengths)',
        'state[1]',
    ),
]
