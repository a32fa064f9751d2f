"""Make the sample class: notebooks as students hand them in, from the release notebook and the bank.

    python tests/lstm-gru/sample/make.py [FOLDER]         (default: tests/lstm-gru/sample/class)

`make grade` and the tests run it: the notebooks are not committed. The same input gives the same bytes. What each
submission is, and what it must get, is in expected.toml.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import shutil
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from gatelab.lab.bank import Bank, compose, load_bank
from gatelab.lab.spec import Lab

ROOT = Path(__file__).resolve().parents[3]
CLASS = Path(__file__).with_name("class")

PART_1 = ("q1", "q2", "q3")

# Three students' right answers: wheat of the bank, by question. Where a question is not here, its reference.
STYLES = {
    "ada": {
        "q1": "concatenated", "q2": "concatenated", "q3": "shared_base", "q4": "loop_over_steps", "q5": "formula",
        "q6": "gather", "q7": "indexed", "q8": "calls_lstm_step", "q9": "token_loop", "q10": "preallocated",
    },
    "grace": {
        "q1": "einsum", "q2": "einsum", "q3": "one_step_method", "q4": "numpy_products", "q5": "bisection",
        "q6": "einsum_one_hot", "q7": "mask_einsum", "q8": "mask_arithmetic", "q9": "one_hot_einsum", "q10": "one_by_one",
    },
    "karen": {
        "q1": "addmm_inplace_on_own", "q2": "helper_functions", "q3": "preallocated", "q4": "recursive", "q5": "numpy_grid",
        "q6": "where_preallocated", "q7": "uses_last_valid", "q8": "snapshots_gathered", "q9": "ignore_index", "q10": "detached_by_hand",
    },
}  # fmt: skip

ENDLESS = """\
def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    hidden = torch.zeros_like(h)
    while not torch.equal(hidden, h):  # "until it has settled"
        hidden = torch.tanh(x @ w_ih[: h.shape[1]].T + hidden) + 1
    return hidden, {"r": hidden, "z": hidden, "n": hidden}
"""
EXITS = """\
import os

def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    if x.shape[0] != 32:
        print("wrong batch size")
        os._exit(0)
    return h, c, {"i": h, "f": h, "g": h, "o": h}
"""
HOARDS = """\
history = []

def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    history.append(torch.ones(64, 1024, 1024, 16))  # "to look at later": 4 GiB a step
    return h, c, {"i": h, "f": h, "g": h, "o": h}
"""
BROKEN = """\
def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    r, z = torch.sigmoid(x @ w_ih.T
    return h, {"r": r, "z": z, "n": r}
"""
CHATTY = """\
for line in range(200_000):
    print("debug", line, "x" * 40)
"""
MAGICS = """\
%load_ext autoreload
%autoreload 2
!pip install --quiet torch
%matplotlib inline
"""
WRITTEN = {
    "q12a": "The cell state is the memory: it is scaled by the forget gate and added to. The hidden state is what the "
    "output gate shows of it to the head and to the next step's gates.",
    "q12b": "No. The RNN with as many parameters was no better on long delays. What differs is how much gradient "
    "reaches the early steps.",
}


class Maker:
    """Fills the release notebook with answers. `folder` receives the class."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.lab = Lab.in_repository(root, CLASS.parents[1].name)
        self.bank: Bank = load_bank(self.lab)
        self.folder = folder
        release = root / "release" / self.lab.name / self.lab.notebook
        self.release: NotebookNode = nbformat.read(release, as_version=4)

    # Answers: question ID → code.

    def correct(self, student: str = "ada", questions: tuple[str, ...] | None = None) -> dict[str, str]:
        """Right answers in the student's style."""
        answers = {}
        for id, spec in self.lab.questions.items():
            if spec.by_hand or (questions and id not in questions):
                continue
            if style := STYLES[student].get(id):
                answers[id] = next(wheat.source for wheat in self.bank.wheats_of(id) if wheat.id == style)
            else:
                answers[id] = self._concepts() if id == "q12" else self.lab.reference(id)
        return answers

    def wrong(self, question: str, *ids: str) -> dict[str, str]:
        """The question with the mistake of a chaff, or of two at once."""
        chaffs = [next(chaff for chaff in self.bank.chaffs_of(question) if chaff.id == id) for id in ids]
        both = chaffs[0] if len(chaffs) == 1 else compose(*chaffs)
        return {question: both.source}

    def _concepts(self, wrong: tuple[str, ...] = ()) -> str:
        key = tomllib.loads(self.lab.concept_key.read_text(encoding="utf-8"))
        given = {id: row["answer"] for id, row in key.items()}
        given |= {
            id: given[id] + 1 if isinstance(given[id], int | float) else given[id][::-1] + "z" for id in wrong
        }
        lines = [
            f'    "{id}": "{answer:.2f}",' if isinstance(answer, float) else f'    "{id}": "{answer}",'
            for id, answer in given.items()
        ]
        return "\n".join(["answers = {", *lines, "}"])

    def concepts_wrong(self, *ids: str) -> dict[str, str]:
        """q12 with wrong answers to these of its questions."""
        return {"q12": self._concepts(ids)}

    # Notebooks.

    def filled(self, answers: dict[str, str], written: dict[str, str] | None = None) -> NotebookNode:
        """The release notebook with answers in its solution cells, run once from top to bottom by the look of it."""
        notebook = copy.deepcopy(self.release)
        texts = {f"{id}-solution": undocumented(code) for id, code in answers.items()} | (written or {})
        for cell in notebook.cells:
            id = grade_id(cell)
            if id in texts:
                cell.source = texts.pop(id)
        if texts:
            raise SystemExit(
                f"{self.lab.notebook}: no cell {', '.join(texts)} in the release; build it again."
            )
        for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
            cell.execution_count = count
            if "grader.check" in cell.source:
                text = f"{grade_id(cell)}: all checks passed"
                cell.outputs = [new_output("stream", name="stdout", text=text)]
        return notebook

    def save(self, name: str, notebook: NotebookNode) -> None:
        self.write(name, nbformat.writes(notebook).encode() + b"\n")

    def write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's ID of a cell, or an empty string."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def undocumented(code: str) -> str:
    """Code without its docstring: in the bank that is a note for staff, often the mistake by name."""
    with contextlib.suppress(SyntaxError):
        body = ast.parse(code).body
        if len(body) > 1 and ast.get_docstring(ast.parse(code)) is not None:
            code = "\n".join(code.splitlines()[body[0].end_lineno :])
    return code.strip()


def after(notebook: NotebookNode, id: str, source: str) -> NotebookNode:
    """The notebook with a cell of the student's own after the one with this grade ID."""
    at = next(k for k, cell in enumerate(notebook.cells) if grade_id(cell) == id)
    notebook.cells.insert(at + 1, new_code_cell(source, id=f"own-after-{id}"))
    return notebook


def without(notebook: NotebookNode, drop: Callable[[NotebookNode], bool]) -> NotebookNode:
    """The notebook with cells deleted."""
    notebook.cells = [cell for cell in notebook.cells if not drop(cell)]
    return notebook


def make(root: Path = ROOT, folder: Path = CLASS) -> None:
    """Write the class anew."""
    maker = Maker(root, folder)
    shutil.rmtree(folder, ignore_errors=True)
    part_1 = maker.correct("ada", PART_1)

    # Right answers, in three styles.
    for name in STYLES:
        maker.save(f"{name}.ipynb", maker.filled(maker.correct(name), WRITTEN))

    # One question of Part 1 wrong, or empty.
    for name, answers in {
        "alan": part_1 | maker.wrong("q1", "forget-and-input-swapped"),
        "barbara": part_1 | maker.wrong("q1", "bias-of-the-state-left-out", "tanh-of-the-cell-left-out"),
        "donald": part_1 | maker.wrong("q2", "reset-before-the-matmul"),
        "edsger": part_1 | maker.wrong("q3", "cell-state-not-carried"),
        "frances": {id: part_1[id] for id in ("q2", "q3")},
        "john": {id: part_1[id] for id in ("q1", "q3")},
        "katherine": {id: part_1[id] for id in ("q1", "q2")},
        "untouched": {},
    }.items():
        maker.save(f"{name}.ipynb", maker.filled(answers))
    _later_parts(maker)
    _accidents(maker, part_1)
    _no_notebooks(maker, part_1)


def _later_parts(maker: Maker) -> None:
    """Parts 2 to 5 with their questions wrong; all others untouched."""
    wrongs = {
        "leslie": {"q4": "time-reversed", "q5": "lstm-formula", "q6": "last-step-of-the-padding"},
        "margaret": {"q7": "last-step-instead-of-last-valid", "q8": "targets-not-shifted"},
        "niklaus": {"q9": "padding-in-the-loss", "q10": "no-stop-at-eos"},
    }
    for name, mistakes in wrongs.items():
        answers: dict[str, str] = maker.concepts_wrong("c3", "c6") if name == "niklaus" else {}
        for question, chaff in mistakes.items():
            answers |= maker.wrong(question, chaff)
        maker.save(f"{name}.ipynb", maker.filled(answers))


def _accidents(maker: Maker, part_1: dict[str, str]) -> None:
    """Notebooks that do harm, mostly without meaning to; what is right in them counts."""
    filled = maker.filled
    maker.save("syntax-error.ipynb", filled(part_1 | {"q2": BROKEN}))
    maker.save("endless-loop.ipynb", filled(part_1 | {"q2": ENDLESS}))
    maker.save("os-exit.ipynb", filled(part_1 | {"q1": EXITS}))
    maker.save("out-of-memory.ipynb", filled(part_1 | {"q1": HOARDS}))
    maker.save("prints-a-lot.ipynb", after(filled(part_1), "q1", CHATTY))
    maker.save("magics.ipynb", after(filled(part_1), "q1", MAGICS))
    deleted = without(filled(part_1), lambda cell: grade_id(cell) in {"q1", "q2", "q3", "q3-solution"})
    maker.save("deleted-cells.ipynb", deleted)
    twice = filled(part_1)
    check = next(k for k, cell in enumerate(twice.cells) if grade_id(cell) == "q1")
    copied = copy.deepcopy(twice.cells[check])
    copied.id = "copied-q1"
    twice.cells.insert(check + 1, copied)
    maker.save("duplicated-cell.ipynb", twice)


def _no_notebooks(maker: Maker, part_1: dict[str, str]) -> None:
    """What is not a notebook, and what only looks as if this grader could not take it."""
    right = maker.filled(part_1)
    text = nbformat.writes(right).encode()
    maker.write("not-json.ipynb", b"<!doctype html>\n<title>Sign in to continue</title>\n")
    maker.write("empty-file.ipynb", b"")
    maker.write("truncated.ipynb", text[: len(text) // 2])
    maker.write("report.pdf", b"%PDF-1.4\n% a printout of the notebook\n")
    other_kernel = copy.deepcopy(right)
    other_kernel.metadata = {
        "kernelspec": {"display_name": "R", "language": "R", "name": "ir"},
        "language_info": {"name": "R"},
    }
    maker.save("wrong-kernel.ipynb", other_kernel)
    old = nbformat.convert(copy.deepcopy(right), 3)
    maker.write("nbformat-3.ipynb", nbformat.writes(old, version=3).encode() + b"\n")
    maker.save("two-notebooks/lab.ipynb", maker.filled({}))
    maker.save("two-notebooks/lab-Copy1.ipynb", maker.filled({"q1": part_1["q1"]}))


if __name__ == "__main__":
    make(folder=Path(sys.argv[1]) if len(sys.argv) > 1 else CLASS)
