"""The caller's own x is made a leaf, and its .grad is used and left behind.

Hint: Whatever was in x.grad before is now part of your result. How do you get a leaf that is yours alone?
"""

credit = 0.8

EDITS = [
    ("x = x.detach().clone().requires_grad_(True)", "x.requires_grad_(True)"),
    ("(gradient,) = torch.autograd.grad(loss, x)", '''loss.backward(inputs=[x])
    gradient = x.grad'''),
]
