"""The loop over the targets starts at 1: the logits of step 0 stay 0, and all others come one step late.

Hint: What should the decoder say after it has read bos? In which row of your logits is that?
"""

credit = 0.6

EDITS = [
    (
        '        steps = []\n        for t in range(targets.shape[1]):\n            if t > 0:',
        '        steps = [torch.zeros_like(self.head(state[0]))]\n        for t in range(1, targets.shape[1]):\n            if t > 1:',
    ),
    (
        'forced = torch.rand(own.shape) < forcing\n                token = torch.where(forced, inputs[:, t], own)',
        'forced = torch.rand(own.shape) < forcing\n                token = torch.where(forced, inputs[:, t - 1], own)',
    ),
]
