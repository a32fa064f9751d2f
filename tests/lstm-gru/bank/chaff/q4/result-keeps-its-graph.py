"""The result still carries its graph, so that the memory of the whole sequence stays in use.

Hint: Ask your result for requires_grad. What would detach it?
"""

credit = 0.8

EDITS = [
    ("torch.autograd.grad(loss, x)", "torch.autograd.grad(loss, x, create_graph=True)"),
]
