"""The sequences are packed before they go into the recurrent layer: PyTorch's own take that, yours does not.

Hint: The contract says recurrent(x (N, T, E)). Give it the padded tensor and choose the step afterwards.
"""

credit = 0.5

EDITS = [
    (
        'outputs, _ = self.recurrent(x)  # (N, T, H)',
        'packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)\n        outputs, _ = nn.utils.rnn.pad_packed_sequence(self.recurrent(packed)[0], batch_first=True)',
    ),
]
