"""What a common exception means here, in plain words. (Hidden suites and public checks hold the same file.)"""

from __future__ import annotations

import re

NO_GPU = 'There is no GPU here: leave `.cuda()` and `device="cuda"` out, or ask `torch.cuda.is_available()` before you choose.'
DTYPES = (
    "Tensors of two dtypes have met: keep the dtype that you were given. New ones are made with `x.new_zeros(…)` or "
    "`torch.zeros_like(h)`, not with `torch.zeros(…)`; `.float()`, `.double()` and `.half()` change it."
)
PACKED = (
    "`pack_padded_sequence` is for PyTorch's own layers; a layer of the notebook takes the padded tensor (N, T, D). "
    "Give it that, and take each sequence's state at its own last step."
)
TUPLE = (
    "A recurrent layer returns two things, `outputs, state = layer(x)`; one was used as if it were a tensor."
)
MEANINGS = [  # a pattern in "Type: message" → what it means; the first that fits
    (r"PackedSequence", PACKED),
    (r"^BdbQuit", "A debugger was left in (`breakpoint()`, `set_trace()`): take it out."),
    (
        r"^(EOFError|StdinNotImplementedError)",
        "Nobody answers `input(…)` while the lab is graded: leave it out.",
    ),
    (
        r"^ModuleNotFoundError",
        "The lab is graded with the modules that its requirements.txt names, and no other.",
    ),
    (
        r"CUDA (driver|error|unknown)|[Nn]o CUDA|not compiled with CUDA|NVIDIA driver|CUDA_VISIBLE|torch\.cuda\.is_available|"
        r"\b[Mm][Pp][Ss]\b.*(device|backend|support|storage)|CUDA-capable device|compiled with CUDA|xpu|XPU",
        NO_GPU,
    ),
    (
        r"tensors to be on the same device|on device cuda|(cuda|mps|meta):?\d? .*\bcpu\b|\bcpu\b.*\b(cuda|mps|meta)\b",
        "Tensors on two devices have met: make new ones where the arguments are (`x.new_zeros(…)`, `device=x.device`).",
    ),
    (
        r"same dtype|does not match weight dtype|expected scalar type (Float|Double|Half|BFloat16) but found (Float|Double|Half|BFloat16)|"
        r"Input and parameter tensors are not the same dtype",
        DTYPES,
    ),
    (
        r"scalar types: Long, Int; but got|expected scalar type (Long|Int)\b|must be (long|int), |used as ind(ex|ices) must be long",
        "Tokens and indices are whole numbers (int64); this tensor holds others.",
    ),
    (
        r"not implemented for '(Long|Int|Bool)'",
        "This needs numbers with a point; the tensor holds whole numbers or booleans.",
    ),
    (r"argument 'input' .*must be Tensor, not tuple|'tuple' object has no attribute|not tuple\b", TUPLE),
    (
        r"Can't call numpy\(\) on Tensor that requires grad|numpy\(\) on (a )?[Tt]ensor",
        "numpy has no gradients: do it with torch, so that the gradient can flow.",
    ),
    (
        r"backward through the graph a second time",
        "Something of an earlier call is still in the graph: what is kept from one call to the next?",
    ),
    (
        r"modified by an inplace operation|leaf Variable that requires grad",
        "A tensor was changed in place that the gradient still needs; make a new one (`a = a + b`, not `a += b` or `a[…] = b`).",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "Nothing here leads back to the weights: `.data`, `.detach()`, `.item()`, `no_grad()` or a new tensor has cut the graph.",
    ),
    (r"NoneType", "A value is None: is a `return` missing somewhere?"),
]


def meaning(kind: str, message: str) -> str:
    """What an exception means in this lab, in a sentence; "" where there is nothing to add."""
    text = f"{kind}: {message}"
    return next((says for pattern, says in MEANINGS if re.search(pattern, text)), "")
