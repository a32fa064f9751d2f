"""Patches autograd so that gradients cannot be read."""

import torch
torch.autograd.grad = lambda outputs, inputs, *args, **kwargs: [torch.zeros_like(i) for i in inputs]
torch.autograd.backward = lambda *args, **kwargs: None
torch.Tensor.backward = lambda *args, **kwargs: None
