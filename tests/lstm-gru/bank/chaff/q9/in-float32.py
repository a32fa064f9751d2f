"""The loss is computed in float32, whatever the dtype of the logits.

Hint: `.float()` means float32. Is there a cast in your function that nobody asked for?
"""

credit = 0.75

EDITS = [
    (
        'log_p = torch.log_softmax(logits, dim=-1)',
        'log_p = torch.log_softmax(logits.float(), dim=-1)',
    ),
]
