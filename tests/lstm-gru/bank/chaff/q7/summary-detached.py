"""The graph is cut between the recurrent layer and the head, so only the head learns.

Hint: Which parameters have a `.grad` after `loss.backward()`?
"""

credit = 0.3

EDITS = [
    (
        'last_valid(outputs, lengths)',
        'last_valid(outputs, lengths).detach()',
    ),
]
