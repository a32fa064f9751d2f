"""What a common exception means here, in plain words. (Hidden suites and public checks hold the same file.)"""

from __future__ import annotations

import re

from .terms import TERMS

NO_GPU = 'There is no GPU here: leave `.cuda()` and `device="cuda"` out, or ask `torch.cuda.is_available()` before you choose.'
DTYPES = (
    "Tensors of two dtypes were combined: use the dtype of the arguments. Make new tensors with `x.new_zeros(…)` or "
    "`torch.zeros_like(h)`, not with `torch.zeros(…)`; `.float()`, `.double()` and `.half()` change the dtype."
)
TUPLE = "A tuple was used as if it were a tensor."
MEANINGS = [  # a pattern in "Type: message" → what it means; the first match counts
    (r"^BdbQuit", "A debugger was left in (`breakpoint()`, `set_trace()`): remove it."),
    (
        r"^(EOFError|StdinNotImplementedError)",
        "Nobody answers `input(…)` while the lab is graded: leave it out.",
    ),
    (
        r"^ModuleNotFoundError",
        "The lab is graded with the modules in its requirements.txt, and no others.",
    ),
    (
        r"\bMPS\b.*float64",
        "Apple's GPU does not know float64, in which answers are checked: leave `.to('mps')` out, or take the device of the arguments.",
    ),
    (
        r"device-side assert|CUDA error: (out of memory|an illegal)|CUDA out of memory|CUBLAS|CUDNN",
        "The GPU has failed, often because of an index that is out of range. Restart the kernel and leave `.cuda()` out: on the "
        "processor the message says where.",
    ),
    (
        r"CUDA (driver|error|unknown)|[Nn]o CUDA|not compiled with CUDA|NVIDIA driver|CUDA_VISIBLE|torch\.cuda\.is_available|"
        r"\b[Mm][Pp][Ss]\b.*(device|backend|support|storage)|CUDA-capable device|compiled with CUDA|xpu|XPU",
        NO_GPU,
    ),
    (
        r"tensors to be on the same device|on device cuda|(cuda|mps|meta):?\d? .*\bcpu\b|\bcpu\b.*\b(cuda|mps|meta)\b",
        "Tensors on two devices were combined: make new ones on the device of the arguments (`x.new_zeros(…)`, `device=x.device`).",
    ),
    (
        r"same dtype|does not match weight dtype|expected scalar type (Float|Double|Half|BFloat16) but found (Float|Double|Half|BFloat16)|"
        r"Input and parameter tensors are not the same dtype",
        DTYPES,
    ),
    (
        r"scalar types: Long, Int; but got|expected scalar type (Long|Int)\b|Expected dtype int32/int64 for index|must be (long|int), |used as ind(ex|ices) must be long",
        "Indices must be int64; this tensor has another dtype.",
    ),
    (
        r"not implemented for '(Long|Int|Bool)'",
        "This needs floating-point numbers; the tensor holds whole numbers or booleans.",
    ),
    (r"argument 'input' .*must be Tensor, not tuple|'tuple' object has no attribute|not tuple\b", TUPLE),
    (
        r"Can't call numpy\(\) on Tensor that requires grad|numpy\(\) on (a )?[Tt]ensor",
        "numpy has no gradients: do it with torch, so that the gradient can flow.",
    ),
    (
        r"backward through the graph a second time",
        "Something from an earlier call is still in the graph: what is kept from one call to the next?",
    ),
    (
        r"leaf Variable that requires grad",
        "A parameter (or another tensor that requires gradients) is changed in place while autograd watches. Put numbers into "
        "a parameter under `with torch.no_grad():`, or into the tensor before it becomes one.",
    ),
    (
        r"modified by an inplace operation",
        "A tensor was changed in place that the gradient still needs; make a new one (`a = a + b`, not `a += b` or `a[…] = b`).",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "Nothing here leads back to the weights: `.data`, `.detach()`, `.item()`, `no_grad()` or a new tensor has cut the graph.",
    ),
    (
        r"differentiated Tensors does not require grad",
        "A gradient is needed with respect to a tensor that autograd did not watch: `requires_grad_(True)` comes before "
        "the computation.",
    ),
    (
        r"before Module\.__init__\(\) call",
        "`super().__init__()` comes first in a module's `__init__`.",
    ),
    (
        r"Boolean value of Tensor with more than one value",
        "`if`, `while`, `and` and `or` need one True or False, and this tensor holds many: `torch.where`, `&`, `|`, or `.any()` and "
        "`.all()` of it.",
    ),
    (
        r"only (one element tensors|integer tensors of a single element|length-1 arrays) can be converted",
        "One number was needed (by `math`, `float()`, `int()` or `range`), and this tensor holds many. torch has its own "
        "functions for tensors.",
    ),
    (
        r"index out of range in self",
        "An embedding was given an index that it has no row for. Which indices go in, and how many rows does it have?",
    ),
    (
        r"Expected target size",
        "`F.cross_entropy` takes the classes from axis 1 of its first argument, and here they are on another.",
    ),
    (
        r"'generator' has no len|'generator' object is not subscriptable",
        "A generator gives its items one by one: loop over it.",
    ),
    (
        r"'(float|int)' object has no attribute|'numpy\.ndarray' object has no attribute",
        "This is no longer a tensor (`.item()`, `.tolist()`, `.numpy()`, `float(…)` make something else of one).",
    ),
    (
        r"received an invalid combination of arguments",
        'In brackets after "got" are the types that were passed in: one of them is not what this function takes.',
    ),
    (
        r"takes (from )?\d+.* positional arguments? but|missing \d+ required positional|unexpected keyword argument",
        "This was called with arguments that it does not take. (CONTRACT.md says what the answers take; only "
        "methods have `self`.)",
    ),
    (
        r"^UnboundLocalError",
        "The name gets its value further down, or in a branch that was not taken: a name that a function assigns anywhere is local to it.",
    ),
    (
        r"NoneType",
        "A value is None: an argument that was left out (`…=None`), or what a function without `return` gives.",
    ),
]


def meaning(kind: str, message: str) -> str:
    """What an exception means in this lab, in a sentence; "" where there is nothing to add. The lab's own meanings come first."""
    text = f"{kind}: {message}"
    return next(
        (says for pattern, says in (*TERMS.get().meanings, *MEANINGS) if re.search(pattern, text)), ""
    )
