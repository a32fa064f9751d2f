"""A class of the tiny lab with a question that is marked by hand: graded in a few seconds, for tests of what is done with the grades."""

from __future__ import annotations

import shutil
from pathlib import Path

from small_lab import write_notebook
from typer.testing import CliRunner, Result

from gatelab.cli.app import app

TINY = Path(__file__).parent / "engine" / "tiny-lab"
SOFTMAX = "import torch\ndef softmax(logits):\n    return logits.softmax(dim=1)"
LOSS = (
    "import torch\ndef cross_entropy(logits, labels):\n"
    "    return torch.nn.functional.cross_entropy(logits, labels)"
)
OVER_THE_BATCH = (  # the bank's mistake of this name
    "import torch\ndef softmax(logits):\n    powers = (logits - logits.max(dim=1, keepdim=True).values).exp()\n"
    "    return powers / powers.sum(dim=0, keepdim=True)"
)
# The text of a hostile notebook: colours and links of a terminal, markup of rich, another direction of reading.
LOUD = "\x1b[31m\x1b]8;;http://x\x07[bold]\u202eRED[/bold]"
RAISES = f"import torch\ndef softmax(logits):\n    print({LOUD!r})\n    raise ValueError({LOUD!r})"
BY_HAND = '\n[q3]\ntitle = "In your own words"\npoints = 2\nby_hand = true\n'
HOSTILE = "eve\x1b[31m[bold]"

CLASS = {
    "ada": [SOFTMAX, LOSS],
    "adam": [OVER_THE_BATCH, LOSS],
    "grace": [RAISES, LOSS],
    "Zoë Müller": ["import torch\n" + SOFTMAX],
    HOSTILE: [RAISES],
}


def tiny_kit(root: Path) -> Path:
    """The tiny lab as a kit of its own, with a question that is marked by hand."""
    shutil.copytree(TINY, root)
    table = root / "assignment" / "softmax" / "lab.toml"
    table.write_text(table.read_text(encoding="utf-8") + BY_HAND, encoding="utf-8")
    return root


def evening_class(folder: Path) -> Path:
    """What came in."""
    folder.mkdir()
    for name, cells in CLASS.items():
        write_notebook(folder / f"{name}.ipynb", *cells)
    (folder / "essay.pdf").write_bytes(b"%PDF")
    return folder


def gatelab(*words: object) -> Result:
    """A command in this process. What it raises besides its exit code is a fault of the test."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def graded(folder: Path) -> Path:
    """The tiny class, graded: its output folder, beside `kit` and `class`."""
    kit, students = tiny_kit(folder / "kit"), evening_class(folder / "class")
    done = gatelab("grade", students, "-o", folder / "out", "--jobs", "1", "--root", kit)
    assert done.exit_code == 1, done.output  # essay.pdf
    return folder / "out"
