"""The last valid step is picked by a sum in which all others are multiplied by 0: nan and inf come through.

Hint: What is 0 * nan? An index reads one step and no other.
"""

credit = 0.85

EDITS = [
    (
        "return outputs[rows, lengths - 1]",
        "pick = torch.nn.functional.one_hot(lengths - 1, outputs.shape[1])\n    return (outputs * pick.to(outputs.dtype)[:, :, None]).sum(dim=1)",
    ),
]
