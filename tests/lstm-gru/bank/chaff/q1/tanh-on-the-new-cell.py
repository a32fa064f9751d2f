"""The new cell state is squashed by a tanh before it is kept.

Hint: Count to 5 with a cell state that never exceeds 1: can it? Which of the two states is squashed?
"""

credit = 0.5

EDITS = [
    (
        'new_c = kept + written',
        'new_c = torch.tanh(kept + written)',
    ),
]
