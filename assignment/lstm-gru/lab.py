# ---
# jupyter:
#   jupytext:
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
# A plain recurrent network forgets. In this lab you build the two cells that made long memory trainable, find out
# *why* they work by measuring gradients instead of believing slogans, and put them to work on two tasks.
#
# **What you will be able to do**
#
# 1. write the gate equations of the LSTM and the GRU, and the layers that run them over a sequence;
# 2. measure how much gradient reaches an input 200 steps back, and say what the forget gate has to do with it;
# 3. read one answer off a padded sequence (*many-to-one*) and train a classifier that remembers;
# 4. build an encoder-decoder (*many-to-many*), train it with teacher forcing, and decode without it;
# 5. tell which of your beliefs about gated networks your own numbers support.
#
# | Part | Questions | Points |
# | --- | --- | --- |
# | 1 The gates | q1, q2, q3 | 40 |
# | 2 Why gates work | q4, q5 | 12 |
# | 3 Many-to-one | q6, q7 | 20 |
# | 4 Encoder and decoder | q8, q9, q10, q11 | 24 |
# | 5 Concepts | q12, q12a, q12b | 8 |

# %% [markdown]
# **How this notebook works**
#
# - Replace each `raise NotImplementedError("q…")` by your own code. Names, arguments and shapes are fixed in
#   `CONTRACT.md`; how you write the inside is up to you.
# - `grader.check("q1")` runs quick checks and tells you what went wrong. They give no points. The points come from
#   a longer hidden suite that asks for the same things with other sizes and numbers, so do not fit your code to the checks.
# - Do not call `torch.nn.LSTM`, `torch.nn.GRU` or their cells inside your answers (the questions say when you may): you are building them.
# - One mistake costs one question: later questions are graded on top of correct earlier ones.
# - A run of the finished notebook takes a few minutes on a laptop without a GPU.
#
# **Sizes**, in every docstring: `N` sequences in a batch · `T` time steps · `D` input size · `H` hidden size · `E` embedding size ·
# `V` vocabulary · `K` classes. Batches come first: a batch of sequences is `(N, T, D)`.

# %% [markdown]
# ## Setup
#
# On your own machine, start Jupyter in the folder that holds this notebook. **On Colab**, zip that folder as
# `lstm-gru.zip`, upload it in the file pane on the left, and run the next cell; elsewhere the cell does nothing.

# %% tags=["experiment"]
import sys

if "google.colab" in sys.modules:
    import os
    import subprocess
    import zipfile

    if not os.path.isdir("seqlab") and not os.path.isdir("lstm-gru"):
        zipfile.ZipFile("lstm-gru.zip").extractall()
    if os.path.isdir("lstm-gru"):
        os.chdir("lstm-gru")  # seqlab/ and tests/ must lie in the working folder
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "otter-grader==7.0.0"], check=True)

# %%
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)  # these networks are small: more threads only get in each other's way
torch.set_flush_denormal(True)  # vanishing gradients become subnormal numbers, which are slow to compute with
torch.manual_seed(0)

# %% tags=["experiment"]
import matplotlib.pyplot as plt
import otter

from seqlab import plots

grader = otter.Notebook("lab.ipynb", tests_dir="tests")

# %% [markdown]
# ---
# # Part 1: the gates
#
# ## One LSTM step
#
# An LSTM carries two vectors from step to step. The **cell state** $c$ is its memory: it is only ever *scaled* and *added to*. The **hidden
# state** $h$ is what it shows to the rest of the network. Four vectors, computed from the input $x_t$ and the last
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
#
# $\sigma$ is the logistic function, $\odot$ the product element by element. PyTorch keeps the four weight matrices in one, stacked by rows in the
# order **i, f, g, o**: `w_ih` is $(4H, D)$, `w_hh` is $(4H, H)$, `b_ih` and `b_hh` are $(4H,)$. Its first $H$ rows make $i$, the next $H$ make $f$, and so on.
#
# **On the board.** One unit, no recurrent weights, $c_{t-1} = 2$. The input makes the four sums $0,\ \ln 3,\ 0.549,\ 0$.
# Then $i = 0.5$, $f = 0.75$, $g = 0.5$, $o = 0.5$, so $c_t = 0.75 \cdot 2 + 0.5 \cdot 0.5 = 1.75$ and $h_t = 0.5 \cdot \tanh 1.75 = 0.47$.
# Check that you could have done this on paper before you write it in code.

# %% [markdown]
# ### q1: One LSTM step (14 points)
#
# Write the equations above for a whole batch. Return the new `h` and `c`, and the four gate vectors *after* their
# $\sigma$ or $\tanh$, so that Part 2 can look inside.


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
    return h, c, {"i": i, "f": f, "g": g, "o": o}


# %% nbgrader={"grade": true, "grade_id": "q1", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
grader.check("q1")

# %% [markdown]
# **The board again.** The same numbers through your function: you should read 1.75 and 0.4707.

# %% tags=["experiment"]
board = torch.tensor([[0.0], [math.log(3)], [math.atanh(0.5)], [0.0]])  # (4H, D) with H = D = 1
nothing = torch.zeros(4, 1)
h, c, gates = lstm_step(
    torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([[2.0]]), board, nothing, nothing[:, 0], nothing[:, 0]
)
print({name: round(gate.item(), 4) for name, gate in gates.items()})
print("c =", round(c.item(), 4), "  h =", round(h.item(), 4))

# %% [markdown]
# **A memory you can see.** Here is an LSTM with one unit whose weights were set by hand. It reads pairs (*store?*, *value*). When *store* is 1
# it should put the value into its cell state, and keep it until the next *store*, whatever values pass by in between.
#
# *Before you run the cell:* at which two steps will the forget gate be near 0? What will the cell state be at the last step?

# %% tags=["experiment"]
sequence = torch.tensor(
    [[0, 0.5], [1, 1], [0, -1], [0, 1], [0, -1], [1, -1], [0, 1], [0, 0.5], [0, 1]]
)  # (T, 2): store?, value
w_ih = torch.tensor([[12.0, 0], [-12, 0], [0, 2], [0, 0]])  # rows i, f, g, o
b_ih = torch.tensor([-6.0, 6, 0, 6])  # without a store: do not write, keep, show
h, c = torch.zeros(1, 1), torch.zeros(1, 1)
trace = {name: [] for name in ("i", "f", "g", "o", "c", "h")}
for x in sequence:
    h, c, gates = lstm_step(x[None], h, c, w_ih, torch.zeros(4, 1), b_ih, torch.zeros(4))
    for name, value in {**gates, "c": c, "h": h}.items():
        trace[name].append(value.item())
labels = [f"store {v:g}" if s else f"({v:g})" for s, v in sequence.tolist()]
plots.heatmaps(trace, steps=labels, title="One unit that stores a value and keeps it")
plt.show()

# %% [markdown]
# **What did you see?** The candidate $g$ follows *every* value. The cell state does not: where $i$ is near 0 and $f$ near 1, the line
# $c_t = f_t \odot c_{t-1} + i_t \odot g_t$ copies the old memory almost unchanged. A store does both at once: it forgets ($f \approx 0$) and writes ($i \approx 1$).
# In a trained network nobody sets these weights; they are learned, and Part 2 asks how the learning signal finds them.

# %% [markdown]
# ## One GRU step
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
#
# The row blocks are **r, z, n**. Two things go wrong easily, because papers differ in them: here $z$ multiplies the *old* state, and
# $r$ multiplies *after* the matrix product, bias $b_{hn}$ included. Both are PyTorch's choice, so your weights and PyTorch's stay interchangeable.

# %% [markdown]
# ### q2: One GRU step (12 points)


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
    return h, {"r": r, "z": z, "n": n}


# %% nbgrader={"grade": true, "grade_id": "q2", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
grader.check("q2")

# %% [markdown]
# **The same memory, as a GRU.** One unit, the same sequence. *Before you run it:* which gate plays the part of the forget gate, and which of the
# two LSTM gates is $1 - z$?

# %% tags=["experiment"]
w_ih = torch.tensor([[0.0, 0], [-12, 0], [0, 2]])  # rows r, z, n
b_ih = torch.tensor([0.0, 6, 0])  # without a store: keep
h = torch.zeros(1, 1)
trace = {name: [] for name in ("r", "z", "n", "h")}
for x in sequence:
    h, gates = gru_step(x[None], h, w_ih, torch.zeros(3, 1), b_ih, torch.zeros(3))
    for name, value in {**gates, "h": h}.items():
        trace[name].append(value.item())
plots.heatmaps(trace, steps=labels, title="The same task with a GRU: z keeps, 1 − z writes")
plt.show()

# %% [markdown]
# **What did you see?** One gate does the work of two: what is not kept is overwritten. An LSTM can add to its memory without forgetting ($f \approx 1$ and $i \approx 1$),
# a GRU cannot; in exchange it needs three quarters of the weights. Look at $h$ as well: the GRU always shows its whole memory, it has no output gate to hide it.

# %% [markdown]
# ## Layers that loop over time
#
# A layer holds the weights and calls the step once for every time step, handing the state on. The *same* weights serve all steps.
# With `state=None` the states start at zero; with a state from an earlier call the layer goes on where it stopped, so a long
# sequence may be cut into pieces and fed one after the other.
#
# The **forget-gate bias**. Fresh weights make $f \approx \sigma(0) = 0.5$: the new network halves its memory at every step. A bias of 1 starts it at
# $\sigma(1) \approx 0.73$ instead. PyTorch adds two biases, so set one of them to the wanted number and the other to 0. In Part 2 you will see what it does.

# %% [markdown]
# ### q3: The layers (14 points)
#
# - `__init__`: create four `nn.Parameter`s with PyTorch's names `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0` and shapes, drawn from
#   $U(-1/\sqrt H,\ 1/\sqrt H)$. The LSTM also sets its forget rows when `forget_bias` is a number.
# - `forward`: loop over time, calling `lstm_step` / `gru_step` *by name* (the grader will put altered equations there, and your layer must follow them).
#   Stack the hidden states of all steps into `outputs`.
#
# `x` is `(N, T, D)`. The LSTM's state is the pair `(h, c)`, the GRU's is `h`; each is `(N, H)`.


# %% nbgrader={"grade": false, "grade_id": "q3-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LSTM(nn.Module):
    """An LSTM layer; its state_dict is interchangeable with torch.nn.LSTM(input_size, hidden_size)."""

    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
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
        return outputs, (h, c)


class GRU(nn.Module):
    """A GRU layer; its state_dict is interchangeable with torch.nn.GRU(input_size, hidden_size)."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
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
        return outputs, h


# %% nbgrader={"grade": true, "grade_id": "q3", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
grader.check("q3")

# %% [markdown]
# **Yours against PyTorch's.** Load your weights into `torch.nn.LSTM`, feed both the same batch, and compare numbers and speed. Both compute the same function; PyTorch's runs
# the loop in compiled code. From here on, experiments may use PyTorch's layers where only speed is at stake: you have shown that they are yours.

# %% tags=["experiment"]
import time

torch.manual_seed(0)
mine = LSTM(16, 32, forget_bias=1.0)
theirs = nn.LSTM(16, 32, batch_first=True)
theirs.load_state_dict(mine.state_dict())
x = torch.randn(32, 100, 16)
print(f"largest difference: {(mine(x)[0] - theirs(x)[0]).abs().max():.1e}")
for name, layer in {"yours": mine, "torch.nn.LSTM": theirs}.items():
    start = time.perf_counter()
    for _ in range(5):
        layer(x)[0].sum().backward()
    print(
        f"{name:>14}: {(time.perf_counter() - start) / 5 * 1000:5.1f} ms for 100 steps forward and backward"
    )
