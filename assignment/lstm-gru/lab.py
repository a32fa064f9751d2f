# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: -jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # LSTMs, GRUs and sequence tasks
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({{COLAB_URL}})
#
# A plain recurrent network can keep a symbol for as long as you like. What it struggles with is *learning* to, when the symbol lies far back. In this
# lab you build the two cells that made long memory trainable, find out *why* they work by measuring gradients, and put them to work on two tasks.
#
# **What you will be able to do**
#
# 1. write the gate equations of the LSTM and the GRU, and the layers that run them over a sequence;
# 2. measure how much gradient reaches an input 200 steps back, and say what the forget gate has to do with it;
# 3. read one answer off a padded sequence (*many-to-one*) and train a classifier that remembers;
# 4. build an encoder-decoder (*sequence-to-sequence*), train it with teacher forcing, and decode without it;
# 5. tell which of your beliefs about gated networks your own numbers support.
#
# | Part | Questions | Points | Hours |
# | --- | --- | --- | --- |
# | 1 The gates | q1, q2, q3 | {{POINTS q1 q2 q3}} | 2 to 2½ |
# | 2 Why gates work | q4, q5 | {{POINTS q4 q5}} | 1 to 1½ |
# | 3 Many-to-one | q6, q7 | {{POINTS q6 q7}} | 1 to 1½ |
# | 4 Encoder and decoder | q8, q9, q10, q11 | {{POINTS q8 q9 q10 q11}} | 2½ to 3 |
# | 5 Concepts | q12, q12a, q12b | {{POINTS q12 q12a q12b}} | ½ |
# | | | **{{POINTS}}** | **7 to 9** |
#
# The hours are an estimate for someone who has trained a network in PyTorch before. If a part takes you twice as long, ask for help.

# %% [markdown]
# **How this notebook works**
#
# - Replace each `raise NotImplementedError("q…")` with your own code. Names, arguments and shapes are fixed in
#   `CONTRACT.md`; how you write the inside is up to you.
# - `grader.check("q1")` runs quick checks and tells you what went wrong. They give no points. The points come from
#   a longer hidden suite that tests the same things with other sizes and numbers, so do not fit your code to the checks. Each task says what its check cannot see.
# - After you restart the kernel, or come back another day, nothing is defined: run the cells again from the top. (`NameError: name 'grader' is not defined` means just that.)
# - Do not call `torch.nn.LSTM`, `torch.nn.GRU` or their cells inside your answers (the questions say when you may): you are building them. While Part 1
#   is graded they raise an error. Comparing with them in a cell of your own is fine, and a good idea.
# - One mistake costs one question: later questions are graded with a correct version of the earlier ones.
# - The finished notebook runs in a few minutes on a laptop. The networks are so small that a GPU would be slower: choose the CPU on Colab, too.
# - **Working together, and AI.** Discuss ideas, shapes and error messages with anyone. Write every line of an answer yourself, and be ready to explain it.
#   An AI may explain, quiz you and read error messages with you; it may not write your answers (`AGENTS.md` tells it so). Say at the end of q12b who or what helped you.
# - Experiments are seeded with `SEED`, set below. Numbers differ from seed to seed and from machine to machine: the text claims only what held in every one of our recorded runs.
#
# **Sizes**, in every docstring: `N` sequences in a batch · `T` time steps · `D` input size · `H` hidden size · `E` embedding size ·
# `V` vocabulary · `K` classes. Batches come first: a batch of sequences is `(N, T, D)`.

# %% [markdown]
# ## Setup
#
# On your own machine, type `python start.py` in the folder that holds this notebook: it installs what the lab needs, tells you first how large that is, and opens this notebook. Then run the
# next cell: it looks for the other files of the handout and, **on Colab**, fetches them.

# %% tags=["experiment"]
# Where Colab finds the handout, and the checksum of its files; neither is used elsewhere.
HANDOUT = "{{HANDOUT_URL}}"
HANDOUT_SUM = "{{HANDOUT_SUM}}"

import sys

if "google.colab" in sys.modules:
    import hashlib
    import io
    import os
    import subprocess
    import urllib.request
    import zipfile

    def handout():
        """Name → bytes of the handout's files, from lstm-gru.zip in the file pane or else from its URL.

        The notebook is left out: yours is already open, and a blank copy could be handed in by mistake.
        """
        try:
            if os.path.isfile("lstm-gru.zip"):
                with open("lstm-gru.zip", "rb") as file:
                    archive = zipfile.ZipFile(io.BytesIO(file.read()))
            else:
                archive = zipfile.ZipFile(io.BytesIO(urllib.request.urlopen(HANDOUT, timeout=60).read()))
        except (OSError, ValueError, zipfile.BadZipFile):
            raise SystemExit(
                "The handout could not be fetched: get lstm-gru.zip from your course's page, "
                "upload it in the file pane on the left, and run this cell again."
            ) from None
        names = [name for name in archive.namelist() if not name.endswith(("/", ".ipynb"))]
        return {name.removeprefix("lstm-gru/"): archive.read(name) for name in names}

    if not os.path.isdir("seqlab"):
        files, digest = handout(), hashlib.sha256()
        for name in sorted(files):
            digest.update(f"{name} {len(files[name])} ".encode() + files[name])
        if digest.hexdigest() != HANDOUT_SUM:
            raise SystemExit(
                "This lstm-gru.zip does not belong to this notebook: get both from your course's page again."
            )
        for name, content in files.items():
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            with open(name, "wb") as file:
                file.write(content)
    wanted = ["otter-grader==7.0.0", "names==0.3.0", "scikit-learn"]
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", *wanted], check=True)
else:
    import importlib.util

    lacks = [name for name in ("torch", "matplotlib", "otter") if importlib.util.find_spec(name) is None]
    if importlib.util.find_spec("seqlab") is None:
        print(
            "The folder seqlab is not beside this notebook (was one of them moved or renamed?). "
            "Unpack lstm-gru.zip again, put this notebook into its folder, and open it there."
        )
    elif lacks or sys.version_info < (3, 11):
        print(
            f"The Python of this notebook's kernel ({sys.executable}) "
            + (f"has no {lacks[0]}" if lacks else "is older than 3.11")
            + ". Close the notebook and type `python start.py` in its folder, "
            "or choose as its kernel the Python in the folder .venv that start.py made."
        )

# %%
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
torch.set_flush_denormal(True)  # vanishing gradients become subnormal numbers, which are slow to compute with
torch.set_num_threads(1)  # the networks are small: more threads only get in each other's way

# %% tags=["experiment"]
import copy
import time
from dataclasses import replace

import matplotlib.pyplot as plt
import otter
from tqdm import tqdm

from seqlab import diagrams, digits, firstnames, models, plots, predict, tasks, training

SEED = 1  # for every experiment: change it, run everything again, and see which of your conclusions still hold
grader = otter.Notebook(tests_dir="tests")  # works whatever this notebook is called

# %% [markdown]
# **Where you are.** Run the next cell whenever you like: it lists every question with its points, an estimate of the minutes it takes (experiments included), and the latest result of its check.
# `grader.check_all()` runs all checks in this order; `python start.py check`, in a terminal, runs them on the saved file.

# %%
from seqlab import progress

progress.show()

# %% [markdown]
# ---
# ## Part 1: the gates
#
# ### One LSTM step
#
# An LSTM carries two vectors from step to step. The **cell state** $c$ is its memory: it is only ever *scaled* and *added to*. The **hidden
# state** $h$ is what it shows to the rest of the network. Four vectors, computed from the input $x_t$ and the previous
# hidden state $h_{t-1}$, decide what happens:
#
# $$
# \begin{aligned}
# i_t &= \sigma(W_{ii}\,x_t + b_{ii} + W_{hi}\,h_{t-1} + b_{hi}) && \text{input gate: how much is written?}\\
# f_t &= \sigma(W_{if}\,x_t + b_{if} + W_{hf}\,h_{t-1} + b_{hf}) && \text{forget gate: how much is kept?}\\
# g_t &= \tanh(W_{ig}\,x_t + b_{ig} + W_{hg}\,h_{t-1} + b_{hg}) && \text{candidate: what would be written?}\\
# o_t &= \sigma(W_{io}\,x_t + b_{io} + W_{ho}\,h_{t-1} + b_{ho}) && \text{output gate: how much is shown?}\\[4pt]
# c_t &= f_t \odot c_{t-1} + i_t \odot g_t\\
# h_t &= o_t \odot \tanh(c_t)
# \end{aligned}
# $$

# %% tags=["experiment"]
diagrams.lstm_cell("One step of an LSTM")
plots.show(
    "Drawing of one LSTM step: the cell state runs straight through the cell; the forget gate "
    "multiplies it, input gate times candidate is added to it, and the output gate times its tanh"
    " is the new hidden state."
)

# %% [markdown]
# Follow the thick line: between $c_{t-1}$ and $c_t$ there is only one product and one sum. Part 2 comes back to this.
#
# $\sigma$ is the logistic function, $\odot$ the element-wise product (× in the picture). PyTorch stacks the four weight matrices by rows into one, in the
# order **i, f, g, o**: `w_ih` is $(4H, D)$, `w_hh` is $(4H, H)$, `b_ih` and `b_hh` are $(4H,)$. The first $H$ rows give $i$, the next $H$ give $f$, and so on.
#
# **On the board.** One unit, no recurrent weights, $c_{t-1} = 2$. The input gives the four sums $0,\ \ln 3,\ 0.549,\ 0$.
# Then $i = 0.5$, $f = 0.75$, $g = 0.5$, $o = 0.5$, so $c_t = 0.75 \cdot 2 + 0.5 \cdot 0.5 = 1.75$ and $h_t = 0.5 \cdot \tanh 1.75 = 0.47$.
# Make sure you can do this on paper before you write it in code.

# %% [markdown]
# #### q1: One LSTM step ({{POINTS q1}} points)
#
# Write the equations above for a whole batch. Return the new `h` and `c`, and the four gate vectors *after* their
# $\sigma$ or $\tanh$, so that Part 2 can look inside.
#
# *The check cannot see* whether your step is right at every size: it tries a handful of small batches.


# %% nbgrader={"grade": false, "grade_id": "q1-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    """One step of an LSTM for a batch.

    x (N, D): input at this step; h (N, H), c (N, H): hidden and cell state before it.
    w_ih (4H, D), w_hh (4H, H), b_ih (4H,), b_hh (4H,): row blocks in the order i, f, g, o.
    Returns the new h (N, H), the new c (N, H) and {"i", "f", "g", "o"}, each (N, H).
    """
    # BEGIN SOLUTION
    pre = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh  # (N, 4H)
    i, f, g, o = pre.chunk(4, dim=1)  # (N, H) each
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * c + i * g  # (N, H)
    h = o * torch.tanh(c)  # (N, H)
    # END SOLUTION
    return h, c, {"i": i, "f": f, "g": g, "o": o}  # GIVEN


# %% nbgrader={"grade": true, "grade_id": "q1", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
grader.check("q1")

# %% [markdown]
# **The board again.** The same numbers through your function: you should read 1.75 and 0.4707.

# %% tags=["experiment"]
board = torch.tensor([[0.0], [math.log(3)], [math.atanh(0.5)], [0.0]])  # (4H, D) with H = D = 1
x, h, c = torch.ones(1, 1), torch.zeros(1, 1), torch.full((1, 1), 2.0)
h, c, gates = lstm_step(x, h, c, board, torch.zeros(4, 1), torch.zeros(4), torch.zeros(4))
print({name: round(gate.item(), 4) for name, gate in gates.items()})
print("c =", round(c.item(), 4), "  h =", round(h.item(), 4))

# %% [markdown]
# **A memory you can see.** Here is an LSTM with one unit whose weights were set by hand. It reads pairs (*store?*, *value*). When *store?* is 1
# it should put the value into its cell state, and keep it until *store?* is 1 again, whatever values pass by in between.
#
# *Before you run the cell:* at which two steps will the forget gate be near 0? What will the cell state be at the last step?

# %% tags=["experiment"]
sequence = torch.tensor(
    [[0, 0.5], [1, 1], [0, -1], [0, 1], [0, -1], [1, -1], [0, 1], [0, 0.5], [0, 1]]
)  # (T, 2): store?, value
w_ih = torch.tensor([[12.0, 0], [-12, 0], [0, 2], [0, 0]])  # rows i, f, g, o
b_ih = torch.tensor([-6.0, 6, 0, 6])  # where store? is 0: do not write, keep, show
h, c = torch.zeros(1, 1), torch.zeros(1, 1)
record = {name: [] for name in ("i", "f", "g", "o", "c", "h")}
for x in sequence:
    h, c, gates = lstm_step(x[None], h, c, w_ih, torch.zeros(4, 1), b_ih, torch.zeros(4))
    for name, value in {**gates, "c": c, "h": h}.items():
        record[name].append(value.item())
labels = [f"store {v:g}" if stored else f"({v:g})" for stored, v in sequence.tolist()]
plots.heatmaps(record, steps=labels, title="One unit that stores a value and keeps it")
plots.show(
    "Heat map of one LSTM unit over nine steps with the values of i, f, g, o, c and h written in:"
    " at the two steps that store a value f is near 0 and i near 1; in between c keeps the value."
)

# %% [markdown]
# **What did you see?** The candidate $g$ follows *every* value. The cell state does not: where $i$ is near 0 and $f$ near 1, the line
# $c_t = f_t \odot c_{t-1} + i_t \odot g_t$ copies the old memory almost unchanged. A step that stores a value does both at once: it forgets ($f \approx 0$) and writes ($i \approx 1$).
# In a trained network nobody sets these weights; they are learned, and Part 2 asks how the learning signal finds them.

# %% [markdown]
# ### One GRU step
#
# The GRU does with one state and three vectors what the LSTM does with two and four:
#
# $$
# \begin{aligned}
# r_t &= \sigma(W_{ir}\,x_t + b_{ir} + W_{hr}\,h_{t-1} + b_{hr}) && \text{reset gate: how much of the past may the candidate see?}\\
# z_t &= \sigma(W_{iz}\,x_t + b_{iz} + W_{hz}\,h_{t-1} + b_{hz}) && \text{update gate: how much of the old state is kept?}\\
# n_t &= \tanh\bigl(W_{in}\,x_t + b_{in} + r_t \odot (W_{hn}\,h_{t-1} + b_{hn})\bigr) && \text{candidate}\\[4pt]
# h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}
# \end{aligned}
# $$

# %% tags=["experiment"]
diagrams.gru_cell("One step of a GRU")
plots.show(
    "Drawing of one GRU step: the state runs straight through; the update gate multiplies it, and"
    " one minus the gate times the candidate is added; the reset gate multiplies what the "
    "candidate sees of the old state."
)

# %% [markdown]
# The row blocks are **r, z, n**. Two things are easy to get wrong, because papers differ on them: here $z$ multiplies the *old* state, and
# $r$ multiplies *after* the matrix product, bias $b_{hn}$ included. Both are PyTorch's choice, so your weights and PyTorch's stay interchangeable.

# %% [markdown]
# #### q2: One GRU step ({{POINTS q2}} points)
#
# Write these equations for a whole batch, and return the new $h$ and the three vectors `r`, `z`, `n`.
#
# *The check cannot see* whether your step is right at every size: it tries a handful of small batches.


# %% nbgrader={"grade": false, "grade_id": "q2-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    """One step of a GRU for a batch.

    x (N, D): input at this step; h (N, H): hidden state before it.
    w_ih (3H, D), w_hh (3H, H), b_ih (3H,), b_hh (3H,): row blocks in the order r, z, n.
    Returns the new h (N, H) and {"r", "z", "n"}, each (N, H).
    """
    # BEGIN SOLUTION
    from_x = x @ w_ih.T + b_ih  # (N, 3H)
    from_h = h @ w_hh.T + b_hh  # (N, 3H)
    x_r, x_z, x_n = from_x.chunk(3, dim=1)  # (N, H) each
    h_r, h_z, h_n = from_h.chunk(3, dim=1)
    r = torch.sigmoid(x_r + h_r)
    z = torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)  # the reset gate comes after the matmul
    h = (1 - z) * n + z * h  # (N, H)
    # END SOLUTION
    return h, {"r": r, "z": z, "n": n}  # GIVEN


# %% nbgrader={"grade": true, "grade_id": "q2", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
grader.check("q2")

# %% [markdown]
# **The same memory, as a GRU.** One unit, the same sequence. *Before you run it:* which gate plays the part of the forget gate, and which of the
# two LSTM gates is $1 - z$?

# %% tags=["experiment"]
w_ih = torch.tensor([[0.0, 0], [-12, 0], [0, 2]])  # rows r, z, n
b_ih = torch.tensor([0.0, 6, 0])  # where store? is 0: keep
h = torch.zeros(1, 1)
record = {name: [] for name in ("r", "z", "n", "h")}
for x in sequence:
    h, gates = gru_step(x[None], h, w_ih, torch.zeros(3, 1), b_ih, torch.zeros(3))
    for name, value in {**gates, "h": h}.items():
        record[name].append(value.item())
plots.heatmaps(record, steps=labels, title="The same task with a GRU: z keeps, 1 − z writes")
plots.show(
    "Heat map of one GRU unit over the same nine steps: at the two steps that store a value z is "
    "near 0; in between h keeps the value."
)

# %% [markdown]
# **What did you see?** One gate does the work of two: what is not kept is overwritten. An LSTM can add to its memory without forgetting ($f \approx 1$ and $i \approx 1$);
# a GRU cannot, but it needs only three quarters of the weights. Look at $h$ as well: the GRU always shows its whole memory, because it has no output gate to hide it.

# %% [markdown]
# ### Layers that loop over time
#
# A layer holds the weights and calls the step once per time step, passing the state on. All steps share the *same* weights.
# With `state=None` the states start at zero; with a state from an earlier call the layer continues where it stopped, so a long
# sequence can be cut into pieces and fed one after another.
#
# The **forget-gate bias**. Fresh weights make $f \approx \sigma(0) = 0.5$: the new network halves its memory at every step. A bias of 1 starts it at
# $\sigma(1) \approx 0.73$ instead. PyTorch adds two biases, so set the forget rows of `bias_ih_l0` to the chosen number and those of `bias_hh_l0` to 0. Part 2 shows what this does.

# %% [markdown]
# #### q3: The layers ({{POINTS q3}} points)
#
# - `__init__`: create four `nn.Parameter`s with PyTorch's names `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0` and shapes, drawn from
#   $U(-1/\sqrt H,\ 1/\sqrt H)$. When `forget_bias` is a number, the LSTM also sets its forget rows: that number in `bias_ih_l0`, 0 in `bias_hh_l0`.
# - `forward`: loop over time, calling `lstm_step` / `gru_step` *by name* (the grader swaps in altered equations, and your layer must use them).
#   Stack the hidden states of all steps into `outputs`.
#
# `x` is `(N, T, D)`. The LSTM's state is the pair `(h, c)`, the GRU's is `h`; each is `(N, H)`.
#
# *The check cannot see* long sequences or large layers: it tries a few small ones.


# %% nbgrader={"grade": false, "grade_id": "q3-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LSTM(nn.Module):
    """An LSTM layer; its state_dict is interchangeable with torch.nn.LSTM(input_size, hidden_size)."""

    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__()  # GIVEN
        self.input_size, self.hidden_size = input_size, hidden_size  # GIVEN
        # BEGIN SOLUTION
        bound = 1 / math.sqrt(hidden_size)
        for name, shape in {
            "weight_ih_l0": (4 * hidden_size, input_size),
            "weight_hh_l0": (4 * hidden_size, hidden_size),
            "bias_ih_l0": (4 * hidden_size,),
            "bias_hh_l0": (4 * hidden_size,),
        }.items():
            setattr(self, name, nn.Parameter(torch.empty(shape).uniform_(-bound, bound)))
        if forget_bias is not None:
            forget_rows = slice(hidden_size, 2 * hidden_size)
            with torch.no_grad():
                self.bias_ih_l0[forget_rows] = forget_bias
                self.bias_hh_l0[forget_rows] = 0
        # END SOLUTION

    def forward(self, x, state=None):
        """x (N, T, D), state (h, c) of (N, H) each or None → outputs (N, T, H), state (h, c)."""
        # BEGIN SOLUTION
        if state is None:
            zeros = x.new_zeros(x.shape[0], self.hidden_size)
            state = zeros, zeros
        h, c = state
        outputs = []
        for x_t in x.unbind(dim=1):  # (N, D)
            h, c, _ = lstm_step(
                x_t, h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
            )
            outputs.append(h)
        outputs = torch.stack(outputs, dim=1)  # (N, T, H)
        # END SOLUTION
        return outputs, (h, c)  # GIVEN


class GRU(nn.Module):
    """A GRU layer; its state_dict is interchangeable with torch.nn.GRU(input_size, hidden_size)."""

    def __init__(self, input_size, hidden_size):
        super().__init__()  # GIVEN
        self.input_size, self.hidden_size = input_size, hidden_size  # GIVEN
        # BEGIN SOLUTION
        bound = 1 / math.sqrt(hidden_size)
        for name, shape in {
            "weight_ih_l0": (3 * hidden_size, input_size),
            "weight_hh_l0": (3 * hidden_size, hidden_size),
            "bias_ih_l0": (3 * hidden_size,),
            "bias_hh_l0": (3 * hidden_size,),
        }.items():
            setattr(self, name, nn.Parameter(torch.empty(shape).uniform_(-bound, bound)))
        # END SOLUTION

    def forward(self, x, state=None):
        """x (N, T, D), state h (N, H) or None → outputs (N, T, H), state h."""
        # BEGIN SOLUTION
        h = x.new_zeros(x.shape[0], self.hidden_size) if state is None else state
        outputs = []
        for x_t in x.unbind(dim=1):  # (N, D)
            h, _ = gru_step(x_t, h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
            outputs.append(h)
        outputs = torch.stack(outputs, dim=1)  # (N, T, H)
        # END SOLUTION
        return outputs, h  # GIVEN


# %% nbgrader={"grade": true, "grade_id": "q3", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
grader.check("q3")

# %% [markdown]
# **Yours against PyTorch's.** Load your weights into `torch.nn.LSTM`, feed both the same batch, and compare numbers and speed. Both compute the same function; PyTorch's runs
# the loop in compiled code. From here on, experiments may use PyTorch's layers for speed: you have shown that yours compute the same.

# %% tags=["experiment"]
torch.manual_seed(SEED)
mine = LSTM(16, 32, forget_bias=1.0)
theirs = nn.LSTM(16, 32, batch_first=True)
theirs.load_state_dict(mine.state_dict())
x = torch.randn(32, 100, 16)
print(f"largest difference: {(mine(x)[0] - theirs(x)[0]).abs().max():.1e}")
for name, layer in {"yours": mine, "torch.nn.LSTM": theirs}.items():
    start = time.perf_counter()
    for _ in range(5):
        layer(x)[0].sum().backward()
    milliseconds = (time.perf_counter() - start) / 5 * 1000
    print(f"{name:>14}: {milliseconds:5.1f} ms for 100 steps, forward and backward")

# %% [markdown]
# ---
# ## Part 2: why gates work
#
# "LSTMs remember longer because they have gates." True, but *how* does a gate help? And is it the gates at all, or do LSTMs simply win because they
# have four times the parameters? Both can be measured. Here you build the instruments; the contest itself follows in Part 3, once you have a model to train.
#
# ### Gradients through time
#
# Training can only use an input at step $t$ if the gradient of the loss reaches it. Take a loss that depends on the *last* step alone, the sum of the last outputs
# $L = \sum_{n,j} h_T[n, j]$, and look at
#
# $$
# \left\lVert \frac{\partial L}{\partial x_t} \right\rVert_2, \qquad t = 1, \dots, T .
# $$
#
# In a plain RNN, $h_t = \tanh(W_{ih} x_t + W_{hh} h_{t-1} + b)$, each step back multiplies the gradient by $W_{hh}^{\mathsf T}$ and by $\tanh' \le 1$, so it shrinks or
# grows *geometrically*. In an LSTM there is a second way back. From $c_t = f_t \odot c_{t-1} + i_t \odot g_t$, the **direct path** through the cell state is
#
# $$
# \frac{\partial c_T}{\partial c_t}\bigg|_{\text{direct}} = f_T \odot f_{T-1} \odot \dots \odot f_{t+1} ,
# $$
#
# a product of numbers the network chooses itself, step by step, unit by unit. (The gates depend on $h_{t-1}$ too; those indirect paths are left out here, but autograd includes them.)

# %% [markdown]
# **Predict.** A fresh network of width 32 reads 200 random inputs; nothing is trained yet. In the plain RNN, about how large is the gradient at
# step 1 compared with the one at step 200?
#
# (Click an option, or go to it with Tab and press Space or Enter; or write your choice into the call: `choice="b"` after the list. A choice in the code survives *Restart and run all*.)

# %% tags=["experiment"]
guess_gradient = predict.predict(
    "Gradient at step 1 divided by the gradient at step 200, fresh RNN:",
    [
        "about a half: two hundred steps are not many",
        "about a hundredth: it fades a little at every step",
        "about a billionth: it fades quickly at every step",
        "below a billionth of a billionth",
    ],
)

# %% [markdown]
# #### q4: Gradients through time ({{POINTS q4}} points)
#
# - `gradient_norms(layer, x)`: the norms above for all steps, over batch and features together. `layer(x)` returns `(outputs, state)`. Use autograd; leave `x` and the
#   `.grad` of the layer's parameters as they were, and return a tensor without a graph.
# - `cell_path_gain(forget_gates)`: the direct path for every step. `forget_gates` holds $f_1 \dots f_T$ along dimension 0 and may have any further dimensions.
#   Entry $t$ is the product of the forget gates *after* step $t$; the last entry is 1, because nothing comes after it.
#
# *The check cannot see* long sequences: its longest has 6 steps, those of the hidden suite are far longer.


# %% nbgrader={"grade": false, "grade_id": "q4-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_norms(layer, x):
    """‖∂L/∂x_t‖ for every step t, where L is the sum of the outputs of the last step.

    layer(x (N, T, D)) returns (outputs (N, T, H), state). Returns a detached tensor (T,).
    """
    # BEGIN SOLUTION
    x = x.detach().clone().requires_grad_()  # a leaf of our own: the caller's x stays as it was
    outputs, _ = layer(x)
    (gradient,) = torch.autograd.grad(outputs[:, -1].sum(), x)  # (N, T, D)
    return torch.linalg.vector_norm(gradient, dim=(0, 2))  # (T,)
    # END SOLUTION


def cell_path_gain(forget_gates):
    """∂c_T/∂c_t along the direct path. forget_gates (T, …) holds f_1 … f_T; returns the same shape."""
    # BEGIN SOLUTION
    after = torch.cat([forget_gates[1:], torch.ones_like(forget_gates[:1])])  # entry t: f_(t+1)
    return after.flip(0).cumprod(dim=0).flip(0)  # products from the end
    # END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q4", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
grader.check("q4")

# %% [markdown]
# **Run.** RNN, GRU and LSTM of width 32, all fresh, on 20 and on 200 random inputs. Initialisation is a choice, so two of them appear twice: the LSTM with PyTorch's initialisation and with a forget bias of 1; the RNN
# with PyTorch's initialisation and with an *orthogonal* recurrent matrix, one that turns a vector without changing its length. (In `float64`, because the numbers get too small for `float32`.)

# %% tags=["experiment"]
torch.manual_seed(SEED)
fresh = {
    "RNN": models.rnn(16, 32),
    "RNN, orthogonal": models.rnn(16, 32),
    "GRU": GRU(16, 32),
    "LSTM": LSTM(16, 32),
    "LSTM, forget bias 1": LSTM(16, 32, forget_bias=1.0),
}
nn.init.orthogonal_(fresh["RNN, orthogonal"].weight_hh_l0)
panels, a_step = {}, {}
for T in (20, 200):
    x = torch.randn(16, T, 16, dtype=torch.float64)
    panels[f"T = {T}"] = {name: gradient_norms(layer.double(), x) for name, layer in fresh.items()}
    for name, norms in panels[f"T = {T}"].items():
        a_step[name, T] = float(norms[0] / norms[-1]) ** (1 / (T - 1))
print("mean gradient kept per step back  T = 20   T = 200")
for name in fresh:
    print(f"{name:32} {a_step[name, 20]:7.2f} {a_step[name, 200]:9.2f}")
plots.gradient_curves(panels, "Fresh networks: how much gradient reaches each step?")
plots.show(
    "Two panels, 20 and 200 steps: the gradient norm of five fresh networks against the time step"
    " on a log scale. All lines fall towards step 1; those of the orthogonal RNN and of the LSTM "
    "with forget bias 1 fall least."
)
share = a_step["RNN", 200] ** 199
guess_gradient.compare(guess_gradient.options[sum(share < limit for limit in (0.1, 1e-5, 1e-18))])

# %% [markdown]
# **What did you see?** On 20 steps, which network gets the most gradient back to step 1? Does *any* fresh network have a usable gradient at the first of 200 steps? What does the initialisation alone decide?
#
# <details><summary>What we saw</summary>
#
# Every line is roughly straight on the log scale: the gradient vanishes geometrically in all five. They differ in the *rate*, and the rate depends on the initialisation: with PyTorch's, LSTM and GRU keep about 0.6 of it
# per step and the plain RNN about 0.5, and an orthogonal matrix does for the RNN about what a forget bias of 1 does for the LSTM. (In 2015 Le, Jaitly and Hinton initialised a ReLU network with the identity matrix, and it learned long tasks.)
# So you do not need gates for a good initialisation. Over 200 steps no fresh network here has a usable gradient. What sets a gate apart is that training can *change* its rate, step by step and unit by unit; the figures of Part 3 show that it does.
#
# </details>

# %% [markdown]
# ### What the forget bias does
#
# Before training, the forget gate is close to $\sigma(b_f)$ everywhere, so the direct path shrinks by a factor $\sigma(b_f)$ per step.
# *Before you run the cell*, work out $\sigma(b_f)^{99}$ for $b_f = 0$: is it nearer to $10^{-3}$, $10^{-30}$ or $10^{-300}$?


# %% tags=["experiment"]
def trace(layer, x):
    """Run an LSTM layer over x (N, T, D) and keep the gates and states of every step, each (T, N, H)."""
    h = c = x.new_zeros(len(x), layer.weight_hh_l0.shape[1])
    weights = layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0
    kept = {}
    with torch.no_grad():
        for t in range(x.shape[1]):
            h, c, gates = lstm_step(x[:, t], h, c, *weights)
            for key, value in {**gates, "c": c, "h": h}.items():
                kept.setdefault(key, []).append(value)
    return {key: torch.stack(values) for key, values in kept.items()}


torch.manual_seed(SEED)
x = torch.randn(16, 100, 16, dtype=torch.float64)
curves, fresh_gain = {}, {}
for bias in (0.0, 1.0, 3.0):
    forget_gates = trace(LSTM(16, 32, forget_bias=bias).double(), x)["f"]  # (T, N, H)
    curves[f"forget bias {bias:g}"] = gain = cell_path_gain(forget_gates).mean(dim=(1, 2))
    fresh_gain[bias] = float(gain[0])  # what is left at the far end
steps = torch.arange(1, 101)
plots.lines(
    {name: (steps, gain) for name, gain in curves.items()},
    "time step t",
    r"$\partial c_T / \partial c_t$, direct path (mean)",
    "The forget bias sets how far back the direct path reaches at the start",
    log=True,
)
plots.show(
    "The direct path's gain against the time step on a log scale for forget biases 0, 1 and 3: "
    "the larger the bias, the flatter the line."
)

# %% [markdown]
# **What did you see?** One number, set before training, moves the far end of the direct path by many powers of ten, and it costs no parameters. A bias of 1 is the usual choice: it leaves the
# path open far enough for training to find it and open it further. It only sets where the gate *starts*; an orthogonal matrix is a good start without a gate.

# %% [markdown]
# ### Models of equal size
#
# An LSTM of width $H$ has four times the recurrent weights of an RNN of width $H$. A fair contest needs an RNN *with as many parameters as the LSTM*, so it must be wider. `torch.nn.RNN(D, H)` has
#
# $$
# H D + H H + H + H = H\,(D + H + 2)
# $$
#
# parameters: `weight_ih`, `weight_hh` and two biases.

# %% [markdown]
# #### q5: Models of equal size ({{POINTS q5}} points)
#
# - `count_parameters(module)`: how many numbers training can change. A frozen parameter does not count; one used in two places counts once.
# - `matched_hidden_size(target_params, input_size)`: the width $H \ge 1$ whose RNN has the count *nearest* to the target; the smaller one if two are equally near.
#
# *The check cannot see* more than a few modules and targets; the hidden suite has many more of both.


# %% nbgrader={"grade": false, "grade_id": "q5-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_parameters(module):
    """How many numbers of the module training can change, each counted once (int)."""
    # BEGIN SOLUTION
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
    # END SOLUTION


def matched_hidden_size(target_params, input_size):
    """The width H ≥ 1 (int) for which torch.nn.RNN(input_size, H) is nearest to target_params."""

    # BEGIN SOLUTION
    def size(width):
        return width * (input_size + width + 2)

    hidden_size = 1
    while size(hidden_size + 1) <= target_params:  # afterwards the target lies between two neighbours
        hidden_size += 1
    if size(hidden_size + 1) - target_params < target_params - size(hidden_size):
        hidden_size += 1
    # END SOLUTION
    return hidden_size  # GIVEN


# %% nbgrader={"grade": true, "grade_id": "q5", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
grader.check("q5")

# %% [markdown]
# **The contestants.** All five read embeddings of the same size, 16.

# %% tags=["experiment"]
D, H = 16, 32
lstm_size = count_parameters(LSTM(D, H))
contestants = {  # name → (layer, width, learning rate that suited it best)
    "RNN": (models.rnn, H, 0.01),
    "RNN, equal parameters": (models.rnn, matched_hidden_size(lstm_size, D), 0.005),
    "RNN, 4 × the parameters": (models.rnn, matched_hidden_size(4 * lstm_size, D), 0.003),
    "GRU": (models.torch_gru, H, 0.02),
    "LSTM": (models.torch_lstm, H, 0.02),
}
for name, (layer, width, _) in contestants.items():
    print(f"{name:24} width {width:4d}  {count_parameters(layer(D, width)):7,d} parameters")

# %% [markdown]
# **Predict.** All five get the same number of training steps on a task where one symbol must be kept for up to 60 steps while noise goes by. Commit to an answer now; your own
# numbers will decide in Part 3.

# %% tags=["experiment"]
outcomes = [
    "size decides: the RNN with 4 × the parameters does best of all",
    "at equal size there is no difference: RNN (equal parameters) and LSTM do alike",
    "LSTM and GRU learn it within these steps, no RNN does",
    "neither learns it: 60 steps are too far for any recurrent network",
]
guess_contest = predict.predict("Who remembers over 60 steps?", outcomes)

# %% [markdown]
# ---
# ## Part 3: many-to-one
#
# A sequence task has a *shape*: how many things go in, and how many come out.
#
# - *Many-to-one*: a whole sequence in, one answer out (the sentiment of a sentence, the last command in a log).
# - *One-to-many*: one thing in, a sequence out (a caption for a picture, a name from its first letter).
# - *Many-to-many, step by step*: an answer at every input step (the part of speech of every word).
# - *Sequence-to-sequence*: a sequence in, another sequence out, and their lengths may differ (translation). An **encoder** reads all of the input, then a **decoder** writes the output; that is Part 4.

# %% tags=["experiment"]
diagrams.sequence_tasks("Four shapes of a sequence task")
plots.show(
    "Drawings of four shapes: many-to-one with one output at the end, one-to-many with one input,"
    " many-to-many with an output at each step, and sequence-to-sequence, where an encoder hands "
    "its state to a decoder."
)

# %% [markdown]
# ### The task: the last stored symbol
#
# In the pictures below a dot is noise and a letter means "store this symbol". The label is the *last* letter before the bar. What follows the bar is padding:
# sequences of one batch differ in length, and the rest of each row is filled with *random tokens, letters included*. A model that reads the end of the row reads rubbish.

# %% tags=["experiment"]
task, recipe = tasks.STORE, tasks.STORE_RECIPE
examples = task.batch(5, seed=3)
for tokens, length, label in zip(examples.tokens, examples.lengths, examples.labels, strict=True):
    print(f"{chr(ord('A') + int(label))}  ←  {task.text(tokens, int(length))}")
print(f"\n{task.num_classes} symbols, so a guess is right in {task.chance:.1%} of the cases.")

# %% [markdown]
# #### q6: The last valid state ({{POINTS q6}} points)
#
# A layer's `outputs` are `(N, T, H)`, and sequence $n$ ends after `lengths[n]` steps. `last_valid(outputs, lengths)` returns the output of each sequence at its own step `lengths[n] − 1`.
#
# The padded steps may hold *anything*, `nan` and `inf` too, and no gradient may reach them. (Multiplying by 0 works for finite numbers; what is `0 * nan`?)
#
# *The check cannot see* any lengths but those of its few batches.


# %% nbgrader={"grade": false, "grade_id": "q6-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def last_valid(outputs, lengths):
    """outputs (N, T, H), lengths (N,) from 1 to T → each sequence's last valid output (N, H)."""
    # BEGIN SOLUTION
    rows = torch.arange(len(lengths), device=outputs.device)
    return outputs[rows, lengths - 1]  # (N, H)
    # END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q6", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
grader.check("q6")

# %% [markdown]
# #### q7: A sequence classifier ({{POINTS q7}} points)
#
# Tokens `(N, T)` → `nn.Embedding` → a recurrent layer *given as an argument* → the last valid output → `nn.Linear` → logits `(N, K)`. Logits, not probabilities: the loss applies the softmax itself.
# The attributes are called `embedding`, `recurrent` and `head`.
#
# A third of the points come from training your model for 300 steps (`tasks.STORE_RECIPE`) and testing it on new sequences of four kinds. On each kind {{THRESHOLD q7}} % must be right:
# `long` (a letter stored early and kept for a long time), `over` (an old letter overwritten by a new one), `edge` (a letter right before the padding) and `iid` (as in training). If training misses the threshold, the grader
# retrains once from another initialisation, and the better of the two counts. (A shorter training run comes first and begins with shorter sequences; a model that already passes after it is not trained further.)
#
# *The check cannot see* the accuracy after training: it trains nothing. The next cells do, with your model.


# %% nbgrader={"grade": false, "grade_id": "q7-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class SequenceClassifier(nn.Module):
    """Many-to-one: embedding, a recurrent layer of your choice, and a linear head on the last valid step.

    recurrent(x (N, T, E)) must return (outputs (N, T, H), state).
    """

    def __init__(self, vocab_size, embedding_size, hidden_size, num_classes, recurrent):
        super().__init__()  # GIVEN
        # BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.recurrent = recurrent
        self.head = nn.Linear(hidden_size, num_classes)
        # END SOLUTION

    def forward(self, tokens, lengths):
        """tokens (N, T) int64, lengths (N,) int64 → logits (N, K)."""
        # BEGIN SOLUTION
        outputs, _ = self.recurrent(self.embedding(tokens))  # (N, T, H)
        return self.head(last_valid(outputs, lengths))  # (N, K)
        # END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q7", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
grader.check("q7")

# %% [markdown]
# **Train it**, with your own LSTM inside. Your loop over time is slower than PyTorch's kernel, so the progress bar takes a while to fill.


# %% tags=["experiment"]
def classifier(layer, width):
    """A fresh classifier for the task around `layer`."""
    return SequenceClassifier(task.vocab_size, recipe.embedding_size, width, task.num_classes, layer)


torch.manual_seed(SEED)
model = classifier(
    LSTM(recipe.embedding_size, recipe.hidden_size, forget_bias=recipe.forget_bias), recipe.hidden_size
)
history = training.train_classifier(model, task, recipe, seed=SEED, check_every=25, label="your LSTM")
plots.lines(
    {kind: history.scores(kind) for kind in tasks.STRATA},
    "training steps",
    "accuracy on new sequences",
    "Your classifier, by kind of sequence",
)
plots.show(
    "Accuracy of your classifier against training steps, a line for each of the four kinds of "
    "sequence, rising from chance level to about 1."
)
own_scores = training.accuracies(model, task, seed=SEED)
print({kind: round(score, 3) for kind, score in own_scores.items()})

# %% [markdown]
# **Look inside.** One new sequence, read by your trained model, up to its last valid step. You see eight of the 32 units, one per row: at the top the four that keep best at dots, at the bottom the four that keep worst. A few cell states
# keep growing, so $c$ is clipped to ±2 in the plot. *Before you run it:* what should the gates do at a letter, and what at a dot?

# %% tags=["experiment"]
example = task.stratum("over", 1, seed=4)
length = int(example.lengths[0])
tokens = example.tokens[:, :length]
inside = {name: part[:, 0] for name, part in trace(model.recurrent, model.embedding(tokens)).items()}  # (T, H)
letter = tokens[0] >= task.K  # (T,)
keeping = inside["f"][~letter].mean(dim=0)  # (H,): each unit's forget gate at dots
eight = keeping.argsort(descending=True)[[0, 1, 2, 3, -4, -3, -2, -1]]
plots.heatmaps(
    {name: inside[name][:, eight] for name in ("i", "f", "o")} | {"c": inside["c"][:, eight].clamp(-2, 2)},
    steps=list(task.text(tokens[0])),
    title="Gates and cell state of your trained LSTM while it reads one sequence",
)
plots.show(
    "Heat map of input, forget and output gate and cell state of eight units while they read one "
    "sequence: at the letters most forget gates go dark and input gates bright; the upper rows are "
    "the units whose forget gates are brightest at dots."
)
for name in ("i", "f", "o"):
    at_letters, at_dots = inside[name][letter].mean(), inside[name][~letter].mean()
    print(f"{name}, mean of all units: {at_letters:.2f} at letters, {at_dots:.2f} at dots")
waited = inside["f"][int(letter.nonzero()[-1]) + 1 :]  # the forget gates since the last letter
left = waited.prod(dim=0)  # (H,): what is left of each unit's memory of it
print(f"{len(waited)} dots after the last letter: of 32 units {(left > 0.5).sum()} keep more than half of what it wrote,")
print(f"{(left < 0.01).sum()} less than a hundredth; at dots {(keeping > 0.98).sum()} units have f above 0.98")

# %% [markdown]
# **What did you see?** Find the letters in the picture without looking at the axis. Which panels change at a letter? In the upper rows, is the cell state still the same at the end as right after the last letter? What do the lower rows do?
#
# <details><summary>What we saw</summary>
#
# Where a letter is read, forget gates mostly close and input gates mostly open; at dots it is the other way round. That is *mostly*, not always: a quarter of the units or more still hold more than half of what they wrote when the wait is over,
# others have lost all but a hundredth of it. One memory needs only a few keepers. The output gate follows no such simple rule.
#
# </details>

# %% [markdown]
# To push a gate and see what becomes of the memory and its gradient, open the *gate explorer* with `python start.py explore` (or open `seqlab/explorer.html` in your browser): a trained LSTM and a trained GRU with two sliders.

# %% [markdown]
# ### The contest
#
# Now your prediction from Part 2 is put to the test: five models, short and long sequences, at most 300 training steps each (training stops early once the model gets
# 95 % of every kind right). The LSTM starts from *your* initialisation; PyTorch's kernel only makes it faster. Each width has a learning rate that worked well for it in earlier trials.

# %% tags=["experiment"]
BUDGET = 300


def contestant(name):
    """A fresh classifier around the contestant's layer, and the recipe it is trained with."""
    layer, width, rate = contestants[name]
    recurrent = layer(D, width)
    if name == "LSTM":
        recurrent.load_state_dict(LSTM(D, width, forget_bias=1.0).state_dict())
    return classifier(recurrent, width), replace(recipe, learning_rate=rate, last_rate=None)  # a constant rate


def contest(names, lengths, budget, runs):
    """Train every contestant on every length.

    `runs[name, T]`: the model, its accuracy on `long`, its steps to 95 %.
    """
    with tqdm([(name, T) for T in lengths for name in names], file=sys.stdout) as pairs:
        for name, T in pairs:
            pairs.set_description(f"{name}, T = {T}")
            torch.manual_seed(SEED)
            candidate, settings = contestant(name)
            store = tasks.StoreTask(T=T)
            history = training.train_classifier(
                candidate, store, settings, seed=SEED, steps=budget, stop_at=0.95, progress=False
            )
            accuracy = training.accuracies(candidate, store, seed=SEED)["long"]
            runs[name, T] = {"model": candidate, "accuracy": accuracy, "steps": history.steps_to(0.95)}


runs = {}
contest(contestants, (10, 20), BUDGET, runs)

# %% [markdown]
# So far, only 10 and 20 steps. Does your prediction still stand? Now the long sequences.

# %% tags=["experiment"]
longest = tasks.StoreTask(T=64)
contest(contestants, (40, longest.T), BUDGET, runs)

# %% tags=["experiment"]
LENGTHS = (10, 20, 40, longest.T)
reached = {name: {T: runs[name, T]["accuracy"] for T in LENGTHS} for name in contestants}
plots.accuracy_by_length(
    reached, task.chance, f"At most {BUDGET} steps: accuracy when the last letter lies far back"
)
plots.show(
    "Accuracy against sequence length 10, 20, 40 and 64 for five models after at most 300 "
    "training steps: LSTM and GRU stay near 1, the three RNNs are lower at 64 steps than at 10."
)
for name, by_length in reached.items():
    print(f"{name:24}", "  ".join(f"T={T}: {accuracy:.2f}" for T, accuracy in by_length.items()))
at_the_end = {name: by_length[longest.T] for name, by_length in reached.items()}
small, equal, large, gru, lstm = at_the_end.values()
guess_contest.compare_first(
    [
        large > max(small, equal, gru, lstm),
        abs(equal - lstm) < 0.1 and lstm > 0.9,
        min(gru, lstm) > 0.9 and max(small, equal, large) < 0.8,
        max(at_the_end.values()) < 0.5,
    ]
)

# %% [markdown]
# A closer look at the models trained on the longest sequences: how far back can the last letter lie?

# %% tags=["experiment"]
delays = [0, 2, 5, 10, 20, 30, 40, 50, 60]
by_delay = {
    name: dict(
        zip(
            delays,
            training.accuracy_by_delay(runs[name, longest.T]["model"], longest, delays, seed=SEED),
            strict=True,
        )
    )
    for name in contestants
}
plots.accuracy_by_length(
    by_delay,
    task.chance,
    f"Trained on T = {longest.T}: accuracy by delay",
    "steps between the last letter and the end",
)
plots.show(
    "Accuracy against the delay for the five models trained on 64 steps: LSTM and GRU near 1 at "
    "every delay, from ten steps on the RNNs below them."
)

# %% [markdown]
# **What did you see?** Which models are right at every delay? Do the others miss even the letter they have just read? If "more parameters" were the reason, what would the five lines look like?
#
# <details><summary>What we saw</summary>
#
# GRU and LSTM are right at every delay. From a delay of 10 on none of the three RNNs comes near them, whatever its size. They are not forgetting: they have not learned the task yet.
#
# </details>
# %% [markdown]
# ### Real data: digits, pixel by pixel
#
# The task above is all or nothing: one symbol decides. Real sequences are kinder: many steps carry a little. Here are 8 × 8 images of handwritten digits (scikit-learn's own, 1,797 of them; `seqlab/digits.py` has the data card), read in two ways: **row by row**, 8 steps
# of 8 numbers, and **pixel by pixel**, 64 steps of one number. The same images, the same information; only the way from the first pixel to the answer is longer.
#
# *Before you run it:* which networks lose most when the rows are cut into pixels? Is the gap as wide as in the contest?

# %% tags=["experiment"]
ways = {8: digits.by_row(), 64: digits.by_pixel()}  # steps → data
readers = {  # name → (layer, width, learning rate that suited it in trials beforehand)
    "RNN": (models.rnn, H, 0.003),
    "RNN, equal parameters": (models.rnn, None, 0.003),  # as wide as the LSTM's size allows
    "GRU": (models.torch_gru, H, 0.01),
    "LSTM": (models.torch_lstm, H, 0.01),
}
read_right = {name: {} for name in readers}
for name, (layer, width, rate) in readers.items():
    for T, images in ways.items():
        equal = matched_hidden_size(count_parameters(LSTM(images.size, H)), images.size)
        torch.manual_seed(SEED)
        reader = digits.Reader(layer(images.size, width or equal))
        if name == "LSTM":
            reader.layer.load_state_dict(LSTM(images.size, H, forget_bias=1.0).state_dict())
        digits.train(reader, images, seed=SEED, rate=rate, epochs=25)
        read_right[name][T] = digits.accuracy(reader, images.test)
plots.accuracy_by_length(
    read_right, 0.1, "Digits: 8 steps (row by row) and 64 steps (pixel by pixel)", "steps of a sequence"
)
plots.show(
    "Accuracy on digits read in 8 and in 64 steps for four networks: all are high at 8 steps, and"
    " at 64 the small RNN has fallen more than GRU and LSTM."
)
for name, by_steps in read_right.items():
    print(f"{name:24} by row {by_steps[8]:.2f}   by pixel {by_steps[64]:.2f}")

# %% [markdown]
# **What did you see?** Row by row all four read well. Pixel by pixel all four lose, and the small RNN loses more than GRU and LSTM; but no network falls to chance level. On real data long memory is a matter of degree.

# %% [markdown]
# ### Does the RNN forget?
#
# It is often said that a plain RNN *forgets*. Test it: a small RNN is trained on sequences of at most 20 steps until 98 % of every kind are right. Then it gets sequences in which the last letter lies up to 60 steps back, three times as far as any it has ever
# seen.

# %% tags=["experiment"]
outcomes_forget = [
    "it falls to chance level as soon as the delay is longer than in training",
    "it fades: right at 20 steps, half right at 40, guessing at 60",
    "it is right about as often as before",
]
guess_forget = predict.predict("An RNN that learned 20 steps, asked about 60:", outcomes_forget)

# %% tags=["experiment"]
torch.manual_seed(SEED)
short_rnn, settings = contestant("RNN")
training.train_classifier(
    short_rnn, tasks.StoreTask(T=20), settings, seed=SEED, steps=2400, stop_at=0.98, label="RNN, T = 20"
)
remembered = training.accuracy_by_delay(short_rnn, longest, delays, seed=SEED)
print("steps back   " + "".join(f"{delay:6d}" for delay in delays))
print("right        " + "".join(f"{share:6.2f}" for share in remembered))
guess_forget.compare_first(
    [max(remembered[5:]) < 0.3, remembered[5] > 0.5 > remembered[-1], min(remembered) > 0.75]
)

# %% [markdown]
# **What did you see?** The RNN *keeps*: in each of our recorded runs it was right in more than 85 % of the cases at every delay. So it was not forgetting in the contest: it had not yet learned to keep a letter over 64 steps. What it lacks is not memory but a way to *learn* from far away. How many steps does that cost?

# %% [markdown]
# ### How many steps does learning take?
#
# The contest stopped at 300 training steps. Now RNN, GRU and LSTM of the same width may train until they are right in 95 % of every kind, for at most 2,400 steps (2,400 means that it never got there). A single training run of the RNN says little:
# another seed can need twice as many steps. So each network is trained from three seeds, and the figure shows the median and the range. Next to it are our recorded runs, from many seeds. (This is the longest cell of the notebook: the RNN takes its time.)

# %% tags=["experiment"]
PATIENCE = 2400
needed, patient = {}, {}
with tqdm([(name, T) for T in LENGTHS[1:] for name in ("RNN", "GRU", "LSTM")], file=sys.stdout) as trainings:
    for name, T in trainings:
        trainings.set_description(f"{name}, T = {T}")
        for seed in (3 * SEED, 3 * SEED + 1, 3 * SEED + 2):
            torch.manual_seed(seed)
            candidate, settings = contestant(name)
            history = training.train_classifier(
                candidate,
                tasks.StoreTask(T=T),
                settings,
                seed=seed,
                steps=PATIENCE,
                stop_at=0.95,
                progress=False,
            )
            needed.setdefault(name, {}).setdefault(T, []).append(history.steps_to(0.95) or PATIENCE)
            patient[name, T] = candidate  # the one trained last
plots.steps_needed({"your run": needed, "recorded runs": plots.recorded_steps()}, PATIENCE)
plots.show(
    "Two panels, your run and the recorded runs: training steps needed against sequence length, "
    "median and range over seeds, on a log scale. The RNN needs several times as many as GRU and "
    "LSTM, and its range is the widest."
)
for name, by_length in needed.items():
    print(f"{name:5}", "   ".join(f"T = {T}: {sorted(steps)}" for T, steps in by_length.items()))

# %% [markdown]
# **What did you see?** How many times as many steps as the LSTM does the RNN need, at 20 and at 64 steps? How wide is the RNN's range? Does its line rise all the way? (If it falls somewhere: three seeds are few for a training
# this unstable; what held in all of our runs is that 64 steps cost it more than 20.)
#
# **What these numbers say, and what they do not.** "An RNN cannot remember" is wrong: given the steps, it learned the task in every one of our recorded runs. The fair sentence is that *the gradient reaches the plain RNN so weakly that it needs several times the training steps*,
# here, by the median, at least twice those of the LSTM at 20 steps and at least four times at 64; and that within 300 steps width did not help. Nor do your numbers say more than was measured: one task, three seeds, a handful of learning rates, and one initialisation for each network.
# An RNN with another initialisation, or another task, may order them differently.

# %% [markdown]
# ### Gradients after training
#
# The first picture of Part 2 again, now with networks trained on $T = 64$: the GRU and the LSTM of the contest, and the small RNN twice: after the contest's 300 steps, and after the longer training above.
# They read sequences of 20 and 200 steps whose letters all lie in the first fifth. *Before you run it:* what should training have done to the lines?

# %% tags=["experiment"]
networks = {name: runs[name, longest.T]["model"] for name in ("RNN", "GRU", "LSTM")}
networks["RNN, many steps"] = patient["RNN", longest.T]
panels = {}
for T in (20, 200):
    sequences = tasks.StoreTask(T=T).stratum("long", 32, seed=2).tokens
    sequences[:, T // 5 :] %= task.K  # from there on there is only noise: tokens below K
    panels[f"T = {T}"] = {
        name: gradient_norms(copy.deepcopy(net.recurrent).double(), net.embedding(sequences).double())
        for name, net in networks.items()
    }
plots.gradient_curves(panels, "Trained networks: how much gradient reaches each step?")
plots.show(
    "Two panels, 20 and 200 steps: the gradient norm of four trained networks against the time "
    "step on a log scale. GRU and LSTM stay high back to step 1; over 200 steps both RNN lines "
    "vanish."
)
far = tasks.StoreTask(T=200)
comes_back, still_right = {}, {}
print("trained on 64 steps, asked about 200:")
print("                  gradient, step 1 / step 200    right, letter 190 steps back")
for name, net in networks.items():
    norms = panels["T = 200"][name]
    comes_back[name] = float(norms[0] / norms[-1])
    (still_right[name],) = training.accuracy_by_delay(net, far, [190], seed=SEED)
    print(f"{name:16} {comes_back[name]:20.0e} {still_right[name]:27.2f}")

# %% [markdown]
# **What did you see?** Compare the right panel with the fresh networks: GRU and LSTM have *changed their rate*. A usable gradient arrives from 200 steps back, and they were never trained on more than 64. Then read the table: which network remembers, and through which does the gradient come back?
#
# <details><summary>What we saw</summary>
#
# The RNN that did learn the task is right about a letter 190 steps back, and yet next to no gradient reaches that step: less than $10^{-10}$ of what the last step gets. It stores a symbol by driving units to the ends of the $\tanh$, where they stay, a *latch*; and a saturated unit passes hardly any gradient.
# So *remembering* and *passing gradient* are two things. The RNN had to find its latch while the gradient from far away told it almost nothing. In the LSTM the forget gate that keeps the memory also keeps the way back open.
#
# (On 20 steps there is no such rule: how much comes back through the RNN that learned differs by powers of ten from seed to seed.)
#
# </details>

# %% [markdown]
# ---
# ## Part 4: encoder and decoder
#
# *Sequence-to-sequence*: one network (the **encoder**) reads the whole source and hands over its final state; another (the **decoder**) starts from that state and writes the target one token at a time,
# reading the previous token at each step. The state is all that passes between them, and the target may be longer or shorter than the source.
#
# **The task: a number read backwards.** A string of digits in, the same digits in reverse order out, ended by the token `EOS`. Short strings are padded.

# %% tags=["experiment"]
reverse, recipe2 = tasks.REVERSE, tasks.REVERSE_RECIPE
examples = reverse.batch(3, seed=5)
print(f"PAD = {reverse.PAD}, BOS = {reverse.BOS}, EOS = {reverse.EOS}, digit d = {reverse.FIRST} + d\n")
for source, target in zip(examples.source, examples.targets, strict=True):
    print(f"{reverse.text(source):>{reverse.longest}} → {reverse.text(target)}")
    print(f"   source {source.tolist()}\n   target {target.tolist()}\n")

# %% [markdown]
# ### Teacher forcing
#
# The decoder models $p(y_t \mid y_0, \dots, y_{t-1}, \text{source})$: to predict token $t$ it must read token $t-1$. But *which* token $t-1$, the true one or its own guess?
#
# | decoder step | 0 | 1 | 2 | 3 |
# | --- | --- | --- | --- | --- |
# | reads, with **teacher forcing** | `BOS` | $y_0$ | $y_1$ | $y_2$ |
# | reads, **running free** | `BOS` | its token of step 0 | its token of step 1 | its token of step 2 |
# | should predict | $y_0$ | $y_1$ | $y_2$ | $y_3$ |

# %% tags=["experiment"]
diagrams.teacher_forcing("What the decoder reads")  # ŷ: the decoder's own most likely token
plots.show(
    "Drawing of encoder and decoder twice: with teacher forcing the decoder reads the true tokens"
    " one step late, running free it reads what it wrote."
)

# %% [markdown]
# With teacher forcing every step starts from a correct prefix and gets a useful gradient from the first batch on. The price: during training the decoder never sees its own mistakes, and at test time there is no teacher.

# %% [markdown]
# #### q8: Encoder, decoder, teacher forcing ({{POINTS q8}} points)
#
# - `shift_right(targets, bos)`: the first row of the table above.
# - `Seq2Seq`, with your `LSTM` as `encoder` and `decoder`:
#   - `encode`: the state $(h, c)$ after each sequence's last *valid* source token. A layer returns `c` for its last step only, so padded sequences need thought: one way is to step through the source
#     (`x[:, t : t + 1]`) and let sequences that have ended keep their state.
#   - `step`: one decoder step, from a token and a state to logits and the next state.
#   - `forward`: the loop of the table. From step 1 on each sequence reads the true token with probability `forcing` (drawn with `torch.rand`, anew for every sequence and step), otherwise its own most likely token
#     from the previous step; no gradient flows through that choice.
#
# *The check cannot see* sources and targets longer than its own few tokens, nor a bias in the draws too small to show in a few hundred of them.


# %% nbgrader={"grade": false, "grade_id": "q8-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shift_right(targets, bos):
    """What the decoder reads under teacher forcing: bos, then the targets (N, T) without the last token. (N, T)"""
    # BEGIN SOLUTION
    first = torch.full_like(targets[:, :1], bos)  # (N, 1)
    return torch.cat([first, targets[:, :-1]], dim=1)
    # END SOLUTION


class Seq2Seq(nn.Module):
    """Encoder and decoder, joined by the state alone."""

    def __init__(self, source_vocab, target_vocab, embedding_size, hidden_size, bos):
        super().__init__()  # GIVEN
        # BEGIN SOLUTION
        self.source_embedding = nn.Embedding(source_vocab, embedding_size)
        self.target_embedding = nn.Embedding(target_vocab, embedding_size)
        self.encoder = LSTM(embedding_size, hidden_size)
        self.decoder = LSTM(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, target_vocab)
        self.bos = bos
        # END SOLUTION

    def encode(self, source, source_lengths):
        """source (N, S), source_lengths (N,) → (h, c), each (N, H), after the last valid token."""
        # BEGIN SOLUTION
        embedded = self.source_embedding(source)  # (N, S, E)
        h = c = embedded.new_zeros(len(source), self.head.in_features)  # (N, H)
        for t in range(source.shape[1]):
            _, (new_h, new_c) = self.encoder(embedded[:, t : t + 1], (h, c))
            running = (t < source_lengths)[:, None]  # (N, 1); the others keep the state they ended with
            h, c = torch.where(running, new_h, h), torch.where(running, new_c, c)
        return h, c
        # END SOLUTION

    def step(self, token, state):
        """token (N,), state (h, c) → logits (N, V), state."""
        # BEGIN SOLUTION
        outputs, state = self.decoder(self.target_embedding(token)[:, None], state)  # (N, 1, H)
        logits = self.head(outputs[:, 0])
        # END SOLUTION
        return logits, state  # GIVEN

    def forward(self, source, source_lengths, targets, forcing=1.0):
        """source (N, S), source_lengths (N,), targets (N, T) → logits (N, T, V)."""
        # BEGIN SOLUTION
        state = self.encode(source, source_lengths)
        truth = shift_right(targets, self.bos)  # (N, T)
        token, all_logits = truth[:, 0], []
        for t in range(targets.shape[1]):
            if t > 0:
                own = all_logits[-1].detach().argmax(dim=1)  # (N,)
                forced = torch.rand(own.shape, device=own.device) < forcing
                token = torch.where(forced, truth[:, t], own)
            logits, state = self.step(token, state)
            all_logits.append(logits)
        return torch.stack(all_logits, dim=1)  # (N, T, V)
        # END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q8", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
grader.check("q8")

# %% [markdown]
# #### q9: A loss that leaves the padding out ({{POINTS q9}} points)
#
# Cross-entropy at every step, averaged over *all real tokens of the batch*. (Not the mean of each sequence's mean: a token of a short sequence counts as much as one of a long
# sequence. And `EOS` is a real token: the decoder must learn where to stop.)
#
# *The check cannot see* any sizes but those of its few batches.


# %% nbgrader={"grade": false, "grade_id": "q9-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sequence_loss(logits, targets, pad):
    """logits (N, T, V), targets (N, T) → the mean cross-entropy over all tokens that are not pad, ()."""
    # BEGIN SOLUTION
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad)
    # END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q9", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
grader.check("q9")

# %% [markdown]
# #### q10: Greedy decoding ({{POINTS q10}} points)
#
# No targets now. Encode the source, start from `bos`, and feed back the most likely token at each step until *every* sequence has produced `eos`, or `max_len` steps are done. In the result each sequence keeps its first
# `eos`, and everything after it is `pad`. No gradients are kept. Use `model.encode` and `model.step`.
#
# *The check cannot see* how your loop decodes a trained model: it uses one with scripted answers. The cells after q11 use yours.


# %% nbgrader={"grade": false, "grade_id": "q10-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def greedy_decode(model, source, source_lengths, max_len, bos, eos, pad=0):
    """source (N, S), source_lengths (N,) → tokens (N, L), int64, L ≤ max_len."""
    # BEGIN SOLUTION
    with torch.no_grad():
        state = model.encode(source, source_lengths)
        token = source.new_full((len(source),), bos)  # (N,)
        ended = torch.zeros_like(token, dtype=torch.bool)  # (N,)
        decoded = []
        for _ in range(max_len):
            logits, state = model.step(token, state)
            token = logits.argmax(dim=1)
            decoded.append(token.masked_fill(ended, pad))
            ended = ended | (token == eos)
            if ended.all():
                break
        return torch.stack(decoded, dim=1)  # (N, L)
    # END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q10", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
grader.check("q10")

# %% [markdown]
# #### q11: Training the encoder-decoder ({{POINTS q11}} points)
#
# One training step with full teacher forcing: zero the gradients; loss; gradients; clip their norm at `clip`; optimiser step. Return the loss as a Python number. Half of the
# points come from training your own model with it (`tasks.REVERSE_RECIPE`) and comparing whole decoded sequences on new sources of every length: {{THRESHOLD q11}} % must match, and one wrong token makes a sequence wrong.
# As in q7, training that misses this is repeated once, and a model that already passes after a shorter run is not trained further.
#
# *The check cannot see* the exact match after training: it trains nothing to the end. The cells below do.


# %% nbgrader={"grade": false, "grade_id": "q11-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):
    """One step of training with forcing=1 on a batch; returns the loss (float)."""
    # BEGIN SOLUTION
    optimizer.zero_grad()
    loss = sequence_loss(model(source, source_lengths, targets), targets, pad)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return loss.item()
    # END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q11", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
grader.check("q11")

# %% [markdown]
# ### Exposure bias, in your own model
#
# First train your model for only a tenth of its steps, so that it still makes mistakes, and measure its share of right tokens at each position in two ways: with the teacher (`forcing=1`) and running free
# (`forcing=0`). **Predict:** where will the two lines differ?

# %% tags=["experiment"]
positions = [
    "nowhere: it is the same network with the same weights",
    "at the first position most, where the decoder knows least",
    "after the first position",
]
guess_exposure = predict.predict("Teacher against free running: where do the two differ?", positions)


# %% tags=["experiment"]
def reverser():
    """A fresh encoder-decoder for the digits."""
    torch.manual_seed(SEED)
    return Seq2Seq(
        reverse.vocab_size, reverse.vocab_size, recipe2.embedding_size, recipe2.hidden_size, reverse.BOS
    )


def right_by_position(model, pairs, forcing):
    """Share of right tokens at each position of the target, (T,)."""
    with torch.no_grad():
        chosen = model(*pairs.inputs, pairs.targets, forcing=forcing).argmax(dim=2)  # (N, T)
    return (chosen == pairs.targets).double().mean(dim=0)


young, grown = reverser(), reverser()
training.train_translator(
    young, training_step, reverse, recipe2, seed=SEED, steps=recipe2.steps // 10, label="a tenth of the steps"
)
longest_sources = reverse.of_length(reverse.longest, 512, seed=2)
with_teacher, free = (right_by_position(young, longest_sources, forcing) for forcing in (1.0, 0.0))
plots.accuracy_by_position(
    {"after a tenth of the steps": {"with the teacher": with_teacher, "running free": free}},
    "A decoder that still makes mistakes",
)
plots.show(
    "Share of right tokens at each position after a tenth of the training: both lines start at "
    "the same point, then the line of the free-running decoder drops below that of the decoder "
    "with the teacher."
)
gap = with_teacher - free  # (T,)
guess_exposure.compare(positions[0 if gap.max() < 0.02 else 1 if gap.argmax() == 0 else 2])

# %% [markdown]
# **What did you see?** At the first position both read `BOS`: no difference there. From then on the free decoder reads what it wrote, and one wrong token puts it where it has never been in training. This is **exposure bias**.
# Which of the two lines does the training loss know about? Which one do you care about when you use the model?
#
# Now train to the end. What should happen to the gap?

# %% tags=["experiment"]
training.train_translator(grown, training_step, reverse, recipe2, seed=SEED, label="all of the steps")
grown_teacher, grown_free = (right_by_position(grown, longest_sources, forcing) for forcing in (1.0, 0.0))
plots.accuracy_by_position(
    {
        "after a tenth of the steps": {"with the teacher": with_teacher, "running free": free},
        "after all of the steps": {"with the teacher": grown_teacher, "running free": grown_free},
    },
    "Exposure bias before and after",
)
plots.show(
    "Two panels with one y axis, share of right tokens at each position: after a tenth of the "
    "training there is a gap between teacher and free running, after all of it both lines are "
    "near 1."
)
exact = training.translate(grown, greedy_decode, reverse, longest_sources)
print(f"exact match, longest sources: {exact:.3f}")

# %% tags=["experiment"]
own = reverse.encode("31415926"[: reverse.longest], "2468", "000")  # your own numbers here
decoded = greedy_decode(grown, *own.inputs, reverse.max_len, reverse.BOS, reverse.EOS)
for source, row in zip(own.source, decoded, strict=True):
    print(f"{reverse.text(source):>{reverse.longest}} → {reverse.text(row)}")

# %% [markdown]
# **What did you see?** Exposure bias is only as large as the mistakes the decoder makes: one that is almost always right rarely leaves the inputs it was trained on. What would you do where such accuracy is out of reach? (One idea
# is among the challenges below.)

# %% [markdown]
# ### One-to-many: a model that writes names
#
# Ten minutes for fun; nothing here is graded. A *language model* is a decoder without an encoder: it reads the letters so far and predicts the next one. It trains with teacher forcing, as your decoder did, on first names (from the package `names`; `seqlab/firstnames.py` has the data card), and
# then it writes: from `END`, or from a first letter that you give it, to `END`. The **temperature** divides the logits before the softmax: below 1 the likely letters become likelier, above 1 all letters become more equally likely.


# %% tags=["experiment"]
class NameModel(nn.Module):
    """Letters so far → logits of the next: embedding, recurrent layer, head at every step."""

    def __init__(self, layer):
        super().__init__()
        self.embedding, self.layer = nn.Embedding(firstnames.VOCAB, 16), layer
        self.head = nn.Linear(layer.hidden_size, firstnames.VOCAB)

    def forward(self, letters, state=None):
        """letters (N, T) → logits (N, T, VOCAB), state."""
        outputs, state = self.layer(self.embedding(letters), state)
        return self.head(outputs), state


def nats(model, letters, following):
    """Cross-entropy of each letter that follows, in nats."""
    return F.cross_entropy(model(letters)[0].flatten(0, 1), following.flatten())


people, letter_loss, writers = firstnames.load(), {}, {}
for name, layer, rate in (("RNN", models.rnn, 0.01), ("LSTM", models.torch_lstm, 0.02)):
    torch.manual_seed(SEED)
    writer, stream, rounds = NameModel(layer(16, 64)), tasks.generator(SEED, "names"), 600
    optimizer = torch.optim.Adam(writer.parameters(), lr=rate)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, rounds)
    for _ in range(rounds):
        optimizer.zero_grad()
        nats(writer, *people.batch(64, stream)).backward()
        nn.utils.clip_grad_norm_(writer.parameters(), 1.0)
        optimizer.step()
        falling.step()
    with torch.no_grad():
        letter_loss[name] = nats(writer, *firstnames.coded(people.test)).item()
    writers[name] = writer
    print(f"{name:5} {letter_loss[name]:.2f} nats a letter on names it has not seen")
print(f"a guess {math.log(firstnames.VOCAB):.2f}")


# %% tags=["experiment"]
def write(model, start="", temperature=1.0):
    """A name that begins with `start`."""
    letters, state, reads = start, None, firstnames.coded([start])[0]  # (1, T)
    with torch.no_grad():
        while len(letters) < 12:
            logits, state = model(reads, state)
            chance = F.softmax(logits[0, -1] / temperature, dim=0)
            token = int(torch.multinomial(chance, 1))
            if token == firstnames.END:
                break
            letters += firstnames.text([token])
            reads = torch.tensor([[token]])
    return letters.capitalize()


torch.manual_seed(SEED)
for temperature in (0.3, 1.0, 2.0):  # your own numbers, and your own start
    print(f"{temperature}:", ", ".join(write(writers["LSTM"], "", temperature) for _ in range(8)))

# %% [markdown]
# **What did you see?** Which temperature invents names that you would believe? Are they new, or has it learned some by heart? (`name.lower() in people.train` tells you.)
#
# **And after this week.** Your decoder must fit the whole source into one state. *Attention* lifts that: the decoder keeps every encoder output and looks at all of them at each step, with weights that it learns. Transformers are built of little else.

# %% tags=["experiment"]
diagrams.attention("An outlook: attention looks back at every encoder output")
plots.show(
    "Drawing of attention: at one decoder step four arrows of different breadth lead from all "
    "encoder outputs to a weighted sum that the decoder reads."
)

# %% [markdown]
# ---
# ## Part 5: concepts
#
# ### The questions
#
# #### q12: Concepts ({{POINTS q12}} points)
#
# Fill in `answers`. Multiple choice: one letter. For *match* and *order*, write the letters in order, e.g. `"abcd"`. Numbers such as `"0.35"` or `"12"`; ±0.01 is accepted. No calculator needed.
#
# *The check cannot see* which of your answers is wrong: it tells you what form each must have, and whether all of them together are right.
#
# **c1.** What do the two states of an LSTM do?
#
# - (a) `c` is what the output layer reads; `h` is the memory carried from step to step.
# - (b) `c` is the memory; `h` is what the output gate shows of it.
# - (c) Both hold the same numbers; two copies make the sums more stable.
# - (d) `c` lives as long as one step, `h` as long as the sequence.
#
# **c2.** *Match* each task to an architecture, and write the four letters in the order of the tasks.
#
# - Tasks: 1. translate a sentence · 2. mark every word of a sentence as noun, verb, … · 3. tell whether a review is friendly · 4. write a caption for a picture.
# - Architectures: (a) many-to-one · (b) one-to-many · (c) many-to-many, step by step · (d) sequence-to-sequence, with encoder and decoder.
#
# **c3.** A batch holds 32 sequences of at most 50 steps, padded, and there are 10 classes. What are the shapes of the logits for a *many-to-one* classifier and for a *many-to-many* tagger?
#
# - (a) (32, 10) and (32, 50, 10)
# - (b) (32, 50, 10) and (32, 10)
# - (c) (32, 50) and (32, 50, 10)
# - (d) (50, 10) and (32, 10)
#
# **c4.** *One number.* A unit has $c_\text{old} = 2$, $f = 0.9$, $i = 0.5$, $g = -0.4$. What is its new $c$?
#
# **c5.** *One number.* The forget gates of one unit are $f_1 = 0.1,\ f_2 = 0.5,\ f_3 = 0.8,\ f_4 = 0.5$. What is $\partial c_4 / \partial c_1$ along the direct path?
#
# **c6.** *One number.* A GRU unit (PyTorch's equations) has $h_\text{old} = -0.4$, $z = 0.25$, $n = 0.8$. What is its new $h$?
#
# **c7.** *One number.* How many parameters does one LSTM layer with $D = 3$ and $H = 2$ have, both biases included?
#
# **c8.** Which sentence about long delays do the numbers of this lab support?
#
# - (a) A plain RNN cannot learn to keep a symbol for 60 steps, however long it trains.
# - (b) LSTMs win because they have more parameters than an RNN of the same width.
# - (c) An RNN with four times as many parameters needs a quarter of the training steps.
# - (d) A plain RNN can learn it, but needs several times the training steps.
#
# **c9.** With full teacher forcing, what does the decoder read at step $t \ge 1$?
#
# - (a) the true token of step $t$
# - (b) its own most likely token of step $t - 1$
# - (c) the true token of step $t - 1$
# - (d) the source token of step $t - 1$
#
# **c10.** A decoder is right at 98 % of the tokens at every position with the teacher; running free it starts at 98 % and ends at 50 %. Why?
#
# - (a) It reads its own tokens, wrong ones included.
# - (b) Its loss counted the padding, so it never learned the ends.
# - (c) The encoder forgets the source faster when the decoder runs free.
# - (d) Greedy decoding does not start from `BOS`.
#
# **c11.** A classifier reads `outputs[:, -1]` although the sequences are padded at the end. What happens?
#
# - (a) Nothing bad: an LSTM's output does not change after the last real token of a sequence.
# - (b) The layer has gone on reading padding, and the answer depends on it.
# - (c) PyTorch raises an error.
# - (d) Only the gradients are wrong; the predictions are right.
#
# **c12.** *Order* the parts of greedy decoding.
#
# - (a) take the most likely token and note it down
# - (b) encode the source; the token is `BOS`
# - (c) stop if every sequence has ended, else go round again
# - (d) run the decoder on token and state: logits and the next state


# %% nbgrader={"grade": false, "grade_id": "q12-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
answers = {  # GIVEN
    "c1": "",  # a letter
    "c2": "",  # four letters
    "c3": "",  # a letter
    "c4": "",  # a number
    "c5": "",  # a number
    "c6": "",  # a number
    "c7": "",  # a number
    "c8": "",  # a letter
    "c9": "",  # a letter
    "c10": "",  # a letter
    "c11": "",  # a letter
    "c12": "",  # four letters
}
# Delete the line below when you have filled in your answers above.  # GIVEN
# BEGIN SOLUTION
answers.update(c1="b", c2="dcab", c3="a", c4="1.60", c5="0.20", c6="0.50", c7="56")
answers.update(c8="d", c9="c", c10="a", c11="b", c12="bdac")
# END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q12", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
grader.check("q12")

# %% [markdown]
# #### q12a: In your own words: the cell state and the hidden state ({{POINTS q12a}} points, marked by hand)
#
# What does each of the two do, and why does it help *training* that there are two? Point to one figure of this notebook that shows it. Three to six sentences. (No check reads them.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "q12a", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# <!-- # BEGIN SOLUTION -->
# The cell state is the memory. A step only scales it (forget gate) and adds to it (input gate times candidate), so with the forget gate near 1 it, and the gradient along it, passes many steps almost unchanged. The hidden
# state is what the unit shows at a step: the output gate lets through as much of $\tanh(c)$ as is of use now, to the head and to the gates of the next step. With one state both jobs compete: in a plain RNN
# what is remembered is also what is shown, and it goes through a matrix and a $\tanh$ at every step, so it can keep a symbol only where the $\tanh$ is saturated and lets hardly any gradient back. The heat map of the trained LSTM, with the numbers below it, shows the division: at a letter most forget
# gates close and most input gates open; in its four upper rows $f$ is on average above 0.98 at dots. When the wait is over, a quarter of the 32 units or more keep over half of what the last letter wrote, and others less than a hundredth of it.
# <!-- # END SOLUTION -->

# %% [markdown]
# #### q12b: In your own words: do LSTMs win because they have more parameters? ({{POINTS q12b}} points, marked by hand)
#
# A fellow student says yes. Answer with *your own numbers* (at least two of them, from the contest, the digits or the steps each model needed), and also say what your numbers do *not* show. Three to six sentences. (No check reads them.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "q12b", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# <!-- # BEGIN SOLUTION -->
# No. On the longest sequences the LSTM was right in more than 0.95 of the cases after at most 300 steps; the RNN with as many parameters and the one with four times as many were right in less than half of them.
# If size were the reason, the equal-size RNN would do as well and the largest better still. What differs is how much gradient comes back. But my numbers do not show that an RNN is unable to learn this: with more
# steps the small RNN got there from every seed; its median was at least four times that of the LSTM. And they are from one task, three seeds, a few learning rates and one initialisation: another start might serve the RNN better.
# <!-- # END SOLUTION -->

# %% [markdown]
# ---
# ## Optional challenges
#
# Ungraded. Try as many as you like in cells of your own; the cell after the list checks the first four if you use the names given.
#
# 1. **Packed sequences.** `run_packed(layer, x (N, T, D), lengths (N,)) -> (outputs (N, T, H), (h, c))` for your `LSTM`: outputs 0 at padded steps and the state of each sequence's last valid step, as
#    `torch.nn.utils.rnn.pack_padded_sequence` gives them.
# 2. **Two layers.** `StackedLSTM(input_size, hidden_size)` with `layers`, an `nn.ModuleList` of two of your `LSTM`s; `layer(x) -> (outputs, state)` with the outputs of the upper one.
# 3. **Both directions.** `BiLSTM(input_size, hidden_size)` with attributes `forward_layer` and `backward_layer`; outputs `(N, T, 2H)`, each step's two halves seeing the past and the future.
# 4. **Mean pooling.** `masked_mean(outputs (N, T, H), lengths (N,)) -> (N, H)`: the mean over each sequence's first `lengths` steps. The padding may hold `nan`. Read the classifier's answer off it instead of the last valid step: does it still learn the task?
# 5. **Scheduled sampling.** Train the encoder-decoder with a `forcing` that falls from 1 to 0.5 during training. Does the gap of Part 4 shrink? What does it cost?
# 6. **Attention.** Keep all encoder outputs and let the decoder weigh them with additive attention (Bahdanau et al., 2015), as in the last figure of Part 4. How long can the strings get?
# 7. **As fast as you can.** Most of a step's time goes into launching operations. Hoist the input product out of the loop (`x @ w_ih.T` for all steps at once), try `torch.jit.script` or `torch.compile`, and time it against `torch.nn.LSTM`.

# %% tags=["experiment"]
def challenges():
    """Compare whichever challenges are defined with PyTorch's layers, and the mean with a loop."""
    torch.manual_seed(0)
    x, lengths = torch.randn(4, 7, 3), torch.tensor([7, 2, 5, 1])
    yours = globals()
    if "run_packed" in yours:
        layer, theirs = LSTM(3, 5), nn.LSTM(3, 5, batch_first=True)
        theirs.load_state_dict(layer.state_dict())
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        want, state = theirs(packed)
        want, _ = nn.utils.rnn.pad_packed_sequence(want, batch_first=True)
        got, got_state = yours["run_packed"](layer, x, lengths)
        torch.testing.assert_close([got, *got_state], [want, *(part[0] for part in state)])
        print("run_packed agrees with pack_padded_sequence")
    if "StackedLSTM" in yours:
        stack, theirs = yours["StackedLSTM"](3, 5), nn.LSTM(3, 5, num_layers=2, batch_first=True)
        for level, layer in enumerate(stack.layers):
            for name, weight in layer.named_parameters():
                getattr(theirs, name.replace("l0", f"l{level}")).data.copy_(weight.data)
        torch.testing.assert_close(stack(x)[0], theirs(x)[0])
        print("StackedLSTM agrees with nn.LSTM(num_layers=2)")
    if "BiLSTM" in yours:
        both, theirs = yours["BiLSTM"](3, 5), nn.LSTM(3, 5, bidirectional=True, batch_first=True)
        for layer, ending in ((both.forward_layer, ""), (both.backward_layer, "_reverse")):
            for name, weight in layer.named_parameters():
                getattr(theirs, name + ending).data.copy_(weight.data)
        torch.testing.assert_close(both(x)[0], theirs(x)[0])
        print("BiLSTM agrees with nn.LSTM(bidirectional=True)")
    if "masked_mean" in yours:
        cut = [sequence[:length] for sequence, length in zip(x, lengths, strict=True)]
        padded = nn.utils.rnn.pad_sequence(cut, batch_first=True, padding_value=math.nan)  # (N, T, H)
        want = torch.stack([sequence.mean(dim=0) for sequence in cut])
        torch.testing.assert_close(yours["masked_mean"](padded, lengths), want)
        print("masked_mean agrees with the mean of each sequence alone")


challenges()

# %% [markdown]
# ---
# ## Wrap-up
#
# ### Key takeaways
#
# 1. An LSTM has two states: the cell state is the memory, only ever scaled and added to; the hidden state is what the output gate shows of it.
# 2. Along the cell state the gradient is a product of forget gates; a gate near 1 keeps memory and gradient alike, and training can put it there.
# 3. A GRU does much the same with one state and two gates; which of the two is better depends on the task.
# 4. Gates, not parameters: a plain RNN can hold a symbol, but over a long delay it learns far more slowly, and width does not make up for it.
# 5. Match the shape to the task: one label, an answer at every step, or an encoder and a decoder, trained with teacher forcing and used without it.
#
# ### References
#
# - C. Olah, *Understanding LSTM networks*, 2015: the drawings everybody knows. <https://colah.github.io/posts/2015-08-Understanding-LSTMs/>
# - A. Karpathy, *The unreasonable effectiveness of recurrent neural networks*, 2015: models that write. <https://karpathy.github.io/2015/05/21/rnn-effectiveness/>
# - A. Madsen, *Visualizing memorization in RNNs*, Distill 2019: what a network still knows. <https://distill.pub/2019/memorization-in-rnns/>
# - A. Zhang, Z. Lipton, M. Li, A. Smola, *Dive into Deep Learning*, the chapter on modern recurrent networks. <https://d2l.ai/chapter_recurrent-modern/index.html>
# - PyTorch's pages on [`LSTM`](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html) and [`GRU`](https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html): the equations graded here.
# - S. Hochreiter, J. Schmidhuber, *Long short-term memory*, 1997. <https://doi.org/10.1162/neco.1997.9.8.1735>
# - F. Gers, J. Schmidhuber, F. Cummins, *Learning to forget*, 2000: where the forget gate comes from. <https://doi.org/10.1162/089976600300015015>
# - K. Cho et al., *Learning phrase representations using RNN encoder-decoder*, 2014: the GRU. <https://arxiv.org/abs/1406.1078>
# - I. Sutskever, O. Vinyals, Q. Le, *Sequence to sequence learning with neural networks*, 2014. <https://arxiv.org/abs/1409.3215>
# - Q. Le, N. Jaitly, G. Hinton, *A simple way to initialize recurrent networks of rectified linear units*, 2015: how far a start alone can carry. <https://arxiv.org/abs/1504.00941>
# - S. Bengio et al., *Scheduled sampling*, 2015: between forced and free. <https://arxiv.org/abs/1506.03099>
# - D. Bahdanau, K. Cho, Y. Bengio, *Neural machine translation by jointly learning to align and translate*, 2015: attention. <https://arxiv.org/abs/1409.0473>

# %% [markdown]
# ---
# ## Handing in
#
# 1. *Restart and run all*, once, and see whether every check still passes. (Kernel menu in Jupyter, Runtime menu in Colab.)
# 2. Save.
# 3. Download *this* notebook. **In Colab:** File → Download → Download .ipynb (not from the file pane on the left). **In Jupyter or VS Code** it is the `.ipynb` file you have been writing in; JupyterLab has File → Download.
#    To have it looked over first, type `python start.py submit` in a terminal in the lab's folder: it runs the checks on the saved file, says what is unsaved, unanswered or defined twice,
#    and packs it as a zip with a receipt that says, even later, exactly which file is meant. Keep the receipt.
# 4. Hand in that one file (or the zip, where your course's page takes one) on your course's page. Its name does not matter, `lab (1).ipynb` is fine; before you send it, open what you downloaded and check that your answers are in it.
