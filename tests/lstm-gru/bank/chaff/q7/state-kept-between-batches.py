"""The final state of one batch is the initial state of the next.

Hint: Two batches are different sequences. What should the second know of the first?
"""

credit = 0.4

EDITS = [
    (
        'self.recurrent = recurrent',
        'self.recurrent = recurrent\n        self.state = None',
    ),
    (
        'outputs, _ = self.recurrent(x)',
        'outputs, self.state = self.recurrent(x) if self.state is None else self.recurrent(x, self.state)',
    ),
]
