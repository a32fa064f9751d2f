"""A small class of every kind of work, right, wrong, unfinished and hostile, on the tiny lab with a question marked by hand."""

from __future__ import annotations

from pathlib import Path

from helpers.notebooks import write_notebook
from helpers.tiny_class import gatelab
from helpers.tiny_lab import tiny_kit

SOFTMAX = "import torch\ndef softmax(logits):\n    return logits.softmax(dim=1)"
LOSS = (
    "import torch\ndef cross_entropy(logits, labels):\n"
    "    return torch.nn.functional.cross_entropy(logits, labels)"
)
OVER_THE_BATCH = (  # the bank's mistake of this name
    "import torch\ndef softmax(logits):\n    powers = (logits - logits.max(dim=1, keepdim=True).values).exp()\n"
    "    return powers / powers.sum(dim=0, keepdim=True)"
)
# The text of a hostile notebook: terminal colours and links, rich's markup, right-to-left text.
LOUD = "\x1b[31m\x1b]8;;http://x\x07[bold]\u202eRED[/bold]"
RAISES = f"import torch\ndef softmax(logits):\n    print({LOUD!r})\n    raise ValueError({LOUD!r})"
HOSTILE = "eve\x1b[31m[bold]"

CLASS = {
    "ada": [SOFTMAX, LOSS],
    "adam": [OVER_THE_BATCH, LOSS],
    "grace": [RAISES, LOSS],
    "Zoë Müller": ["import torch\n" + SOFTMAX],
    HOSTILE: [RAISES],
}


def mixed_class(folder: Path) -> Path:
    """The submissions, in a folder."""
    folder.mkdir()
    for name, cells in CLASS.items():
        write_notebook(folder / f"{name}.ipynb", *cells)
    (folder / "essay.pdf").write_bytes(b"%PDF")
    return folder


def graded(folder: Path) -> Path:
    """The tiny class, graded: its output folder, next to `kit` and `class`."""
    kit, students = tiny_kit(folder / "kit", by_hand=True), mixed_class(folder / "class")
    done = gatelab("grade", students, "-o", folder / "out", "--jobs", "1", "--root", kit)
    assert done.exit_code == 1, done.output  # essay.pdf
    return folder / "out"
