# Written by gatelab build from autograder/gatelab/handed_out/checking/plain.py; change it there.
"""Explains common exceptions in plain words. (Hidden suites and public checks use the same file.)"""

from __future__ import annotations

import re

from .terms import TERMS

NO_GPU = 'There is no GPU here that torch can use: leave `.cuda()` and `device="cuda"` out, or ask `torch.cuda.is_available()` before you choose.'
DTYPES = (
    "Tensors of two dtypes were combined: use the dtype of the arguments. Make new tensors with `x.new_zeros(…)` or "
    "`torch.zeros_like(h)`, not with `torch.zeros(…)`; `.float()`, `.double()` and `.half()` change the dtype."
)
DEVICES = "Tensors on two devices were combined: make new ones on the device of the arguments (`x.new_zeros(…)`, `device=x.device`)."
TUPLE = "A tuple was used as if it were a tensor."
INDICES = "Indices (and classes) must be int64; this tensor has another dtype."
OF_TENSORS = (  # attributes that answers use and that only a tensor has
    "(T|argmax|argmin|backward|bool|chunk|clone|contiguous|detach|device|dim|double|dtype|expand|flatten|float|gather|grad|item|long|"
    "masked_fill|max|mean|min|new_\\w+|norm|numel|permute|prod|requires_grad\\w*|reshape|shape|size|softmax|split|squeeze|stack|std|sum|"
    "t|tanh|to|tolist|transpose|unbind|unsqueeze|view)\\b"
)
MEANINGS = [  # a pattern in "Type: message" → what it means; the first match counts
    (r"^BdbQuit", "A debugger was left in (`breakpoint()`, `set_trace()`): remove it."),
    (
        r"^(EOFError: EOF when reading|StdinNotImplementedError)",
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
        r"CUDA error: out of memory|CUDA out of memory|MPS backend out of memory",
        "The GPU's memory is full: restart the kernel to free it, or leave `.cuda()` and `.to(…)` out.",
    ),
    (
        r"device-side assert|CUDA error: an illegal|CUBLAS|CUDNN",
        "The GPU has failed, often because of an index that is out of range. Restart the kernel and leave `.cuda()` out: on the "
        "processor the message says where.",
    ),
    (r"tensors to be on the same device|Placeholder storage has not been allocated", DEVICES),
    (
        r"CUDA (driver|error|unknown)|[Nn]o CUDA|not compiled with CUDA|NVIDIA driver|CUDA_VISIBLE|torch\.cuda\.is_available|"
        r"\b[Mm][Pp][Ss]\b.*(device|backend|support|storage)|CUDA-capable device|compiled with CUDA|xpu|XPU",
        NO_GPU,
    ),
    (
        r"on device cuda|(cuda|mps|meta):?\d? .*\bcpu\b|\bcpu\b.*\b(cuda|mps|meta)\b",
        DEVICES,
    ),
    (
        r"same dtype|does not match weight dtype|expected scalar type \w+ but found (Float|Double|Half|BFloat16)|dtypes match|"
        r"expected scalar type (Float|Double|Half|BFloat16) but found|Input and parameter tensors are not the same dtype",
        DTYPES,
    ),
    (
        r"scalar types: Long, Int; but got|expected scalar type (Long|Int) but found (Int|Long|Short|Byte|Bool)|"
        r"[Ee]xpected (target )?dtype (int32/int64|to be Long)|must be long, int|used as ind(ex|ices) must be long|nll_loss.* not implemented for",
        INDICES,
    ),
    (
        r"not implemented for '(Long|Int)'|Input dtype must be either a floating point",
        "This needs floating-point numbers; the tensor holds whole numbers or booleans.",
    ),
    (r"not implemented for 'Bool'|not support bool", "This needs numbers; the tensor holds booleans."),
    (rf"must be Tensor, not tuple|'tuple' object has no attribute '{OF_TENSORS}|but got tuple", TUPLE),
    (
        r"(list|tuple) indices must be integers or slices, not tuple",
        "A list or a tuple takes one index, and only a tensor several: is a `torch.stack(…)` missing, or does a function return "
        "more than this tensor?",
    ),
    (
        rf"must be Tensor, not list|'list' object has no attribute '{OF_TENSORS}",
        "A list was used as if it were a tensor: `torch.stack(…)` makes one of a list of tensors, `torch.tensor(…)` of a list of numbers.",
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad|numpy\(\) on (a )?[Tt]ensor",
        "numpy has no gradients: do it with torch, so that the gradient can flow.",
    ),
    (
        r"backward through the graph a second time",
        "This graph was used up by an earlier backward pass: is there a second `backward()`, or is something kept from one call to the next?",
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
        "Nothing here leads back to a tensor that requires gradients: did none of them require any, or has `.data`, `.detach()`, "
        "`.item()`, `no_grad()` or a new tensor cut the graph?",
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
        r"only integer tensors of a single element can be converted",
        "One whole number was needed (by `range`, or as the index of a list), and this tensor holds several, or its dtype is not an "
        "integer one.",
    ),
    (
        r"only (one element tensors|length-1 arrays) can be converted|Tensor with [1-9]\d* elements cannot be converted",
        "One number was needed (by `.item()`, `math`, `float()`, `int()` or `torch.tensor([…])`), and this tensor holds another number "
        "of them. torch has its own functions for tensors, and `torch.stack` makes one of a list of them.",
    ),
    (
        r"index out of range in self|INDICES element is out of DATA bounds",
        "An embedding (or `index_select`) was given an index that it has no row for. Which indices go in, and how many rows are there?",
    ),
    (
        r"Expected target size",
        "`F.cross_entropy` takes the classes from axis 1 of its first argument: are they there? Its second has all the other axes.",
    ),
    (
        r"'generator' has no len|'generator' object is not subscriptable",
        "A generator gives its items one by one: loop over it.",
    ),
    (
        rf"'(float|int|bool)' object has no attribute '{OF_TENSORS}",
        "This is a plain Python number, not a tensor. (`.item()`, `float(…)` and `int(…)` make one of a tensor; so does "
        "`.tolist()` of one without axes.)",
    ),
    (
        r"'numpy\.\w+' object has no attribute",
        "This comes from numpy and is not a tensor. (`.numpy()` makes it of one, and what numpy computes of tensors is numpy's.)",
    ),
    (
        r"received an invalid combination of arguments",
        'In brackets after "got" are the types that were passed in: their number, or one of them, is not what this function takes.',
    ),
    (
        r"missing \d+ required ",
        "The call lacks something that the definition asks for. (CONTRACT.md says what the answers take.)",
    ),
    (
        r"(Sigmoid|Tanh|ReLU|Softmax|Dropout|Identity|Softplus)\.__init__\(\) takes",
        "The names of torch.nn that begin with a capital letter are layers: one is built first, and what was built is called with the tensor. "
        "Is a function meant?",
    ),
    (
        r"takes (from )?\d+.* positional arguments? but|takes no arguments",
        "The call passes more than the definition takes. (CONTRACT.md says what the answers take; a method's definition begins with "
        "`self`, a function's does not.)",
    ),
    (
        r"unexpected keyword argument|takes no keyword arguments",
        "The definition has no argument of that name. (CONTRACT.md says what the answers' arguments are called.)",
    ),
    (
        r"got multiple values for argument",
        "An argument was passed twice, by its place and by its name. (A method's definition begins with `self`, which is not passed.)",
    ),
    (
        r"^UnboundLocalError|cannot access free variable",
        "The name gets its value further down, or in a branch that was not taken: a name that a function assigns anywhere is local to it.",
    ),
    (
        r"NoneType",
        "A value is None: is it an argument that was left out (`…=None`), what a function without `return` gives (`append` is one), or a "
        "`.grad` that no `backward()` has filled?",
    ),
]


def meaning(kind: str, message: str) -> str:
    """A sentence that says what an exception means in this lab; "" if there is nothing to add. The lab's own meanings come first."""
    text = f"{kind}: {message}"
    return next(
        (says for pattern, says in (*TERMS.get().meanings, *MEANINGS) if re.search(pattern, text)), ""
    )
