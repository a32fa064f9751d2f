"""The head reads the mean over the valid steps instead of the last valid step.

Hint: The mean forgets when something was seen. Which single step has read the whole sequence?
"""

credit = 0.5

EDITS = [
    (
        'last_valid(outputs, lengths)',
        'torch.stack([steps[:length].mean(dim=0) for steps, length in zip(outputs, lengths)])',
    ),
]
