"""The parameters' .grad is filled: the gradient was taken with backward() on the layer itself.

Hint: The next optimiser step would add your measurement to its gradient. What gives a gradient without
storing it in .grad?
"""

credit = 0.8

EDITS = [
    ("(gradient,) = torch.autograd.grad(loss, x)", '''loss.backward()
    gradient = x.grad'''),
]
