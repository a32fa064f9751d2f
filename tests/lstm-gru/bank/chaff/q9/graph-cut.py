"""The loss is cut from the graph, so nothing can be learned from it.

Hint: What does `loss.requires_grad` say?
"""

credit = 0.5

EDITS = [
    (
        'log_p = torch.log_softmax(logits, dim=-1)',
        'log_p = torch.log_softmax(logits.detach(), dim=-1)',
    ),
]
