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
# | 1 The gates | q1, q2, q3 | {{POINTS q1 q2 q3}} |
# | 2 Why gates work | q4, q5 | {{POINTS q4 q5}} |
# | 3 Many-to-one | q6, q7 | {{POINTS q6 q7}} |
# | 4 Encoder and decoder | q8, q9, q10, q11 | {{POINTS q8 q9 q10 q11}} |
# | 5 Concepts | q12, q12a, q12b | {{POINTS q12 q12a q12b}} |
# | | | **{{POINTS}}** |

# %% [markdown]
# **How this notebook works**
#
# - Replace each `raise NotImplementedError("q…")` by your own code. Names, arguments and shapes are fixed in
#   `CONTRACT.md`; how you write the inside is up to you.
# - `grader.check("q1")` runs quick checks and tells you what went wrong. They give no points. The points come from
#   a longer hidden suite that asks for the same things with other sizes and numbers, so do not fit your code to the checks.
# - Do not call `torch.nn.LSTM`, `torch.nn.GRU` or their cells inside your answers (the questions say when you may): you are building them. While Part 1
#   is graded they raise an error. Comparing with them in a cell of your own is fine, and a good idea.
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

torch.manual_seed(0)
torch.set_flush_denormal(True)  # vanishing gradients end as subnormal numbers: slow to compute with
torch.set_num_threads(1)  # the networks are small: more threads only get in each other's way

# %% tags=["experiment"]
import copy
import time
from dataclasses import replace

import matplotlib.pyplot as plt
import otter
from tqdm import tqdm

from seqlab import diagrams, models, plots, predict, tasks, training

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

# %% tags=["experiment"]
diagrams.lstm_cell("One step of an LSTM")
plt.show()

# %% [markdown]
# Follow the thick line: nothing but one product and one sum lies on the way from $c_{t-1}$ to $c_t$. Part 2 comes back to it.
#
# $\sigma$ is the logistic function, $\odot$ the product element by element (× in the picture). PyTorch keeps the four weight matrices in one, stacked by rows in the
# order **i, f, g, o**: `w_ih` is $(4H, D)$, `w_hh` is $(4H, H)$, `b_ih` and `b_hh` are $(4H,)$. Its first $H$ rows make $i$, the next $H$ make $f$, and so on.
#
# **On the board.** One unit, no recurrent weights, $c_{t-1} = 2$. The input makes the four sums $0,\ \ln 3,\ 0.549,\ 0$.
# Then $i = 0.5$, $f = 0.75$, $g = 0.5$, $o = 0.5$, so $c_t = 0.75 \cdot 2 + 0.5 \cdot 0.5 = 1.75$ and $h_t = 0.5 \cdot \tanh 1.75 = 0.47$.
# Check that you could have done this on paper before you write it in code.

# %% [markdown]
# ### q1: One LSTM step ({{POINTS q1}} points)
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
    return h, c, {"i": i, "f": f, "g": g, "o": o}  # GIVEN


# %% nbgrader={"grade": true, "grade_id": "q1", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
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
record = {name: [] for name in ("i", "f", "g", "o", "c", "h")}
for x in sequence:
    h, c, gates = lstm_step(x[None], h, c, w_ih, torch.zeros(4, 1), b_ih, torch.zeros(4))
    for name, value in {**gates, "c": c, "h": h}.items():
        record[name].append(value.item())
labels = [f"store {v:g}" if stored else f"({v:g})" for stored, v in sequence.tolist()]
plots.heatmaps(record, steps=labels, title="One unit that stores a value and keeps it")
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

# %% tags=["experiment"]
diagrams.gru_cell("One step of a GRU")
plt.show()

# %% [markdown]
# The row blocks are **r, z, n**. Two things go wrong easily, because papers differ in them: here $z$ multiplies the *old* state, and
# $r$ multiplies *after* the matrix product, bias $b_{hn}$ included. Both are PyTorch's choice, so your weights and PyTorch's stay interchangeable.

# %% [markdown]
# ### q2: One GRU step ({{POINTS q2}} points)
#
# Write these equations for a whole batch, and return the new $h$ and the gates `r`, `z`, `n`.


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


# %% nbgrader={"grade": true, "grade_id": "q2", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
grader.check("q2")

# %% [markdown]
# **The same memory, as a GRU.** One unit, the same sequence. *Before you run it:* which gate plays the part of the forget gate, and which of the
# two LSTM gates is $1 - z$?

# %% tags=["experiment"]
w_ih = torch.tensor([[0.0, 0], [-12, 0], [0, 2]])  # rows r, z, n
b_ih = torch.tensor([0.0, 6, 0])  # without a store: keep
h = torch.zeros(1, 1)
record = {name: [] for name in ("r", "z", "n", "h")}
for x in sequence:
    h, gates = gru_step(x[None], h, w_ih, torch.zeros(3, 1), b_ih, torch.zeros(3))
    for name, value in {**gates, "h": h}.items():
        record[name].append(value.item())
plots.heatmaps(record, steps=labels, title="The same task with a GRU: z keeps, 1 − z writes")
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
# $\sigma(1) \approx 0.73$ instead. PyTorch adds two biases, so set the forget rows of `bias_ih_l0` to the wanted number and those of `bias_hh_l0` to 0. In Part 2 you will see what it does.

# %% [markdown]
# ### q3: The layers ({{POINTS q3}} points)
#
# - `__init__`: create four `nn.Parameter`s with PyTorch's names `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0` and shapes, drawn from
#   $U(-1/\sqrt H,\ 1/\sqrt H)$. When `forget_bias` is a number, the LSTM also sets its forget rows: that number in `bias_ih_l0`, 0 in `bias_hh_l0`.
# - `forward`: loop over time, calling `lstm_step` / `gru_step` *by name* (the grader will put altered equations there, and your layer must follow them).
#   Stack the hidden states of all steps into `outputs`.
#
# `x` is `(N, T, D)`. The LSTM's state is the pair `(h, c)`, the GRU's is `h`; each is `(N, H)`.


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


# %% nbgrader={"grade": true, "grade_id": "q3", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
grader.check("q3")

# %% [markdown]
# **Yours against PyTorch's.** Load your weights into `torch.nn.LSTM`, feed both the same batch, and compare numbers and speed. Both compute the same function; PyTorch's runs
# the loop in compiled code. From here on, experiments may use PyTorch's layers where only speed is at stake: you have shown that they are yours.

# %% tags=["experiment"]
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
    milliseconds = (time.perf_counter() - start) / 5 * 1000
    print(f"{name:>14}: {milliseconds:5.1f} ms for 100 steps, forward and backward")

# %% [markdown]
# ---
# # Part 2: why gates work
#
# "LSTMs remember longer because they have gates." True, but *how* does a gate help? And is it the gates at all, or do LSTMs simply win because they
# have four times the parameters? Both can be measured. Here you build the instruments; the contest itself follows in Part 3, when you have a model to train.
#
# ## Gradients through time
#
# Training can only use an input at step $t$ if the gradient of the loss reaches it. Take a loss that sits at the *last* step alone, the sum of the last outputs
# $L = \sum_{n,j} h_T[n, j]$, and look at
#
# $$
# \left\lVert \frac{\partial L}{\partial x_t} \right\rVert_2, \qquad t = 1, \dots, T .
# $$
#
# In a plain RNN, $h_t = \tanh(W_{ih} x_t + W_{hh} h_{t-1} + b)$, each step back multiplies by $W_{hh}^{\mathsf T}$ and by $\tanh' \le 1$: the gradient shrinks or
# grows *geometrically*. In an LSTM there is a second way back. From $c_t = f_t \odot c_{t-1} + i_t \odot g_t$, the **direct path** through the cell state is
#
# $$
# \frac{\partial c_T}{\partial c_t}\bigg|_{\text{direct}} = f_T \odot f_{T-1} \odot \dots \odot f_{t+1} ,
# $$
#
# a product of numbers the network chooses itself, step by step, unit by unit. (The gates depend on $h_{t-1}$ too; those roundabout paths are left out here and are in the autograd number.)

# %% [markdown]
# **Predict.** A fresh network of width 32 reads 200 random inputs; nothing is trained yet. In the plain RNN, about how large is the gradient at
# step 1 compared with the one at step 200?
#
# (Click, or write your choice into the call: `choice="b"` after the list. Written down it is still there after *Restart and run all*.)

# %% tags=["experiment"]
guess_gradient = predict.predict(
    "Gradient at step 1 divided by the gradient at step 200, fresh RNN:",
    ["about a half", "about a hundredth", "about a billionth", "far less than a billionth of a billionth"],
)

# %% [markdown]
# ### q4: Gradients through time ({{POINTS q4}} points)
#
# - `gradient_norms(layer, x)`: the norms above for all steps, over batch and features together. `layer(x)` returns `(outputs, state)`. Use autograd; leave `x` and the
#   `.grad` of the layer's parameters as they were, and return a tensor without a graph.
# - `cell_path_gain(forget_gates)`: the direct path for every step. `forget_gates` holds $f_1 \dots f_T$ along dimension 0 and may have any further dimensions.
#   Entry $t$ is the product of the forget gates *after* step $t$; the last entry is 1, because nothing comes after it.


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
# **Run.** RNN, GRU and LSTM, all fresh, all of width 32, on 20 and on 200 random inputs. (In `float64`, since the numbers get too small for `float32`.) The last column is the factor by which the gradient
# changes for each step back, on average.

# %% tags=["experiment"]
torch.manual_seed(0)
fresh = {"RNN": models.rnn(16, 32), "GRU": GRU(16, 32), "LSTM": LSTM(16, 32, forget_bias=1.0)}
panels = {}
for T in (20, 200):
    x = torch.randn(16, T, 16, dtype=torch.float64)
    panels[f"T = {T}"] = {name: gradient_norms(layer.double(), x) for name, layer in fresh.items()}
print("   T  model   step 1    step T    factor a step")
for T, norms in zip((20, 200), panels.values(), strict=True):
    for name, norm in norms.items():
        factor = (norm[0] / norm[-1]) ** (1 / (T - 1))
        print(f"{T:4d}  {name:4}  {norm[0]:9.1e} {norm[-1]:9.1e}  {factor:8.2f}")
plots.gradient_curves(panels, "Fresh networks: how much gradient reaches each step?")
plt.show()
share = float(norms["RNN"][0] / norms["RNN"][-1])  # on 200 steps, the panel drawn last
guess_gradient.compare(guess_gradient.options[sum(share < limit for limit in (0.1, 1e-5, 1e-18))])

# %% [markdown]
# **What did you see?** Write down: on 20 steps, to which of the three networks does most come back at step 1? Does *any* fresh network have a usable gradient at the first of 200 steps?
#
# <details><summary>What we saw</summary>
#
# All three lines are straight on the log scale, so all three vanish geometrically; they differ in the *rate*. Twenty steps back that difference decides whether anything is left, 200 steps back
# nobody has anything: a fresh LSTM does not remember either. Gates are no magic; they are a rate that can be *changed*, and the next picture shows by what.
#
# </details>

# %% [markdown]
# ## What the forget bias does
#
# At the start the forget gate is close to $\sigma(b_f)$ everywhere, so the direct path loses the factor $\sigma(b_f)$ a step.
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


torch.manual_seed(0)
x = torch.randn(16, 100, 16, dtype=torch.float64)
curves = {}
for bias in (0.0, 1.0, 3.0):
    forget_gates = trace(LSTM(16, 32, forget_bias=bias).double(), x)["f"]  # (T, N, H)
    curves[f"forget bias {bias:g}"] = cell_path_gain(forget_gates).mean(dim=(1, 2))
steps = torch.arange(1, 101)
plots.lines(
    {name: (steps, gain) for name, gain in curves.items()},
    "time step t",
    "∂c_T/∂c_t, direct path (mean)",
    "The forget bias sets how far back the direct path reaches at the start",
    log=True,
)
plt.show()

# %% [markdown]
# **What did you see?** One number, set before training, moves the far end of the direct path by many powers of ten, and it costs no parameters. A bias of 1 is the usual choice: it leaves the
# path open far enough for training to find it and open it further. The plain RNN has no such knob.

# %% [markdown]
# ## Models of equal size
#
# An LSTM of width $H$ has four times the recurrent weights of an RNN of width $H$. A fair contest needs an RNN *with as many parameters as the LSTM*, so it must be wider. `torch.nn.RNN(D, H)` has
#
# $$
# H D + H H + H + H = H\,(D + H + 2)
# $$
#
# parameters: `weight_ih`, `weight_hh` and two biases.

# %% [markdown]
# ### q5: Models of equal size ({{POINTS q5}} points)
#
# - `count_parameters(module)`: how many numbers training can change. A frozen parameter does not count; one that is used in two places counts once.
# - `matched_hidden_size(target_params, input_size)`: the width $H \ge 1$ whose RNN has the count *nearest* to the target; the smaller one if two are equally near.


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
# **The contestants.** All five read the same 16-dimensional embeddings.

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
# **Predict.** All five get the same number of training steps on a task where one symbol must be kept for up to 60 steps while noise goes by. Commit yourself now; your own
# numbers answer in Part 3.

# %% tags=["experiment"]
outcomes = [
    "size decides: the RNN with 4 × the parameters does best",
    "at equal size there is no difference: RNN (equal parameters) and LSTM do alike",
    "LSTM and GRU remember, and no width makes the RNN do so within these steps",
    "LSTM and GRU remember, and no RNN can learn this however long it trains",
]
guess_contest = predict.predict("Who remembers over 60 steps?", outcomes)

# %% [markdown]
# ---
# # Part 3: many-to-one
#
# *Many-to-one*: a whole sequence in, one answer out (the topic of a text, the last command in a log). *Many-to-many*: an answer at every step, or a new sequence (Part 4).

# %% tags=["experiment"]
diagrams.sequence_tasks("Three shapes of a sequence task")
plt.show()

# %% [markdown]
# **The task: the last stored symbol.** In the pictures below a dot is noise and a letter means "store this symbol". The label is the *last* letter before the bar. What stands behind the bar is padding:
# sequences of one batch differ in length, and the rest of each row is filled with *random tokens, letters included*. A model that reads the end of the row reads rubbish.

# %% tags=["experiment"]
task, recipe = tasks.STORE, tasks.STORE_RECIPE
examples = task.batch(5, seed=3)
for tokens, length, label in zip(examples.tokens, examples.lengths, examples.labels, strict=True):
    print(f"{chr(ord('A') + int(label))}  ←  {task.text(tokens, int(length))}")
print(f"\n{task.num_classes} symbols, so a guess is right in {task.chance:.1%} of the cases.")

# %% [markdown]
# ### q6: The last valid state ({{POINTS q6}} points)
#
# A layer's `outputs` are `(N, T, H)`, and sequence $n$ is over after `lengths[n]` steps. Two ways to make one vector of it:
#
# - `last_valid(outputs, lengths)`: the output at step `lengths − 1`, for every sequence its own;
# - `masked_mean(outputs, lengths)`: the mean over the first `lengths` steps.
#
# The padded steps may hold *anything*, `nan` and `inf` too, and no gradient may reach them. (A mask that multiplies keeps numbers out. What is `0 * nan`?)


# %% nbgrader={"grade": false, "grade_id": "q6-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def last_valid(outputs, lengths):
    """outputs (N, T, H), lengths (N,) from 1 to T → each sequence's last valid output (N, H)."""
    # BEGIN SOLUTION
    rows = torch.arange(len(lengths), device=outputs.device)
    return outputs[rows, lengths - 1]  # (N, H)
    # END SOLUTION


def masked_mean(outputs, lengths):
    """outputs (N, T, H), lengths (N,) from 1 to T → the mean over the valid steps (N, H)."""
    # BEGIN SOLUTION
    padded = torch.arange(outputs.shape[1], device=outputs.device) >= lengths[:, None]  # (N, T)
    total = outputs.masked_fill(padded[:, :, None], 0).sum(dim=1)  # not multiplied: 0 · nan is nan
    return total / lengths[:, None]  # (N, H)
    # END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q6", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
grader.check("q6")

# %% [markdown]
# ### q7: A sequence classifier ({{POINTS q7}} points)
#
# Tokens `(N, T)` → `nn.Embedding` → a recurrent layer *given as an argument* → the last valid output → `nn.Linear` → logits `(N, K)`. Logits, not probabilities: the loss applies the softmax itself.
# The attributes are called `embedding`, `recurrent` and `head`.
#
# Three of the points come from training your model for 300 steps (`tasks.STORE_RECIPE`) and testing it on new sequences of four kinds. Of each kind 98 % must be right:
# `long` (an early store kept for a long time), `over` (an old store overwritten), `edge` (a store right before the padding) and `iid` (as in training). An unlucky start costs nothing: a training that
# misses this is made once more, from other weights.


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


# %% nbgrader={"grade": true, "grade_id": "q7", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
grader.check("q7")

# %% [markdown]
# **Train it**, with your own LSTM inside. Your loop over time is slower than PyTorch's kernel, so the bar takes a while to fill.


# %% tags=["experiment"]
def classifier(layer, width):
    """A fresh classifier for the task around `layer`."""
    return SequenceClassifier(task.vocab_size, recipe.embedding_size, width, task.num_classes, layer)


torch.manual_seed(1)
model = classifier(
    LSTM(recipe.embedding_size, recipe.hidden_size, forget_bias=recipe.forget_bias), recipe.hidden_size
)
history = training.train_classifier(model, task, recipe, seed=1, check_every=25, label="your LSTM")
plots.lines(
    {kind: history.scores(kind) for kind in tasks.STRATA},
    "training steps",
    "accuracy on new sequences",
    "Your classifier, by kind of sequence",
)
plt.show()
print(training.accuracies(model, task, seed=1))

# %% [markdown]
# **Look inside.** One new sequence, read by your trained model, up to its last valid step: the gates and the cell state of all 32 units (one row each). Some units count on and on; the last strip ends at ±2, so that they do not set the scale. *Before you run it:* what should the gates
# do at a letter, and what at a dot?

# %% tags=["experiment"]
example = task.stratum("over", 1, seed=4)
length = int(example.lengths[0])
tokens = example.tokens[:, :length]
inside = trace(model.recurrent, model.embedding(tokens))
plots.heatmaps(
    {name: inside[name][:, 0] for name in ("i", "f", "o")} | {"c": inside["c"][:, 0].clamp(-2, 2)},
    steps=list(task.text(tokens[0])),
    title="Gates and cell state of your trained LSTM while it reads one sequence",
)
plt.show()

# %% [markdown]
# **What did you see?** Find the letters in the picture without looking at the axis. Which strips change at a letter? Is a unit's cell state still the same at the end as right after the last letter?
# Do all units take part, or have some of them learned to do nothing?

# %% [markdown]
# ## The contest
#
# Now your prediction from Part 2 is put to the test: five models, short and long sequences, at most 300 training steps each (a training ends early when its model is right in
# 95 % of every kind). The LSTM starts from *your* initialisation; PyTorch's kernel only makes it faster. Each width has a learning rate that suited it in trials beforehand.

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
    """Train every contestant on every length. `runs[name, T]` gets the model, its accuracy on `long`, and its steps to 95 %."""
    with tqdm([(name, T) for T in lengths for name in names], file=sys.stdout) as pairs:
        for name, T in pairs:
            pairs.set_description(f"{name}, T = {T}")
            torch.manual_seed(1)
            candidate, settings = contestant(name)
            store = tasks.StoreTask(T=T)
            history = training.train_classifier(
                candidate, store, settings, seed=1, steps=budget, stop_at=0.95, progress=False
            )
            accuracy = training.accuracies(candidate, store, seed=1)["long"]
            runs[name, T] = {"model": candidate, "accuracy": accuracy, "steps": history.steps_to(0.95)}


runs = {}
contest(contestants, (10, 20), BUDGET, runs)

# %% [markdown]
# On 10 and 20 steps, so far. Does your prediction still stand? Now the long sequences.

# %% tags=["experiment"]
longest = tasks.StoreTask(T=64)
contest(contestants, (40, longest.T), BUDGET, runs)

# %% tags=["experiment"]
LENGTHS = (10, 20, 40, longest.T)
reached = {name: {T: runs[name, T]["accuracy"] for T in LENGTHS} for name in contestants}
plots.accuracy_by_length(
    reached, task.chance, f"At most {BUDGET} steps: accuracy when the last store lies far back"
)
plt.show()
for name, by_length in reached.items():
    print(f"{name:24}", "  ".join(f"T={T}: {accuracy:.2f}" for T, accuracy in by_length.items()))
at_the_end = {name: by_length[longest.T] for name, by_length in reached.items()}
if at_the_end["RNN, 4 × the parameters"] == max(at_the_end.values()):
    happened = outcomes[0]
elif at_the_end["RNN, equal parameters"] > at_the_end["LSTM"] - 0.1:
    happened = outcomes[1]
else:
    happened = outcomes[2]
guess_contest.compare(happened)

# %% [markdown]
# The models trained on the longest sequences, looked at more closely: how far back may the last store lie?

# %% tags=["experiment"]
delays = [0, 2, 5, 10, 20, 30, 40, 50, 60]
by_delay = {
    name: dict(zip(delays, training.accuracy_by_delay(runs[name, longest.T]["model"], longest, delays, seed=1), strict=True))
    for name in contestants
}
plots.accuracy_by_length(
    by_delay,
    task.chance,
    f"Trained on T = {longest.T}: accuracy by delay",
    "steps between the last store and the end",
)
plt.show()

# %% [markdown]
# **What did you see?** Which model does worst on the longest sequences: the smallest RNN or a larger one? At which length, and at which delay, do the models part? If "more parameters" were the reason, what would the five lines
# look like?
#
# <details><summary>What we saw</summary>
#
# GRU and LSTM are right at every delay. The RNNs miss many letters even when the last store is the last thing they read, and from a few steps on their lines are flat: they did not learn the
# task and then forget with the distance, they have hardly learned it yet. And the largest of them is not the best.
#
# </details>

# %% [markdown]
# ## Is it impossible for the RNN?
#
# The contest stopped at 300 steps. That an RNN *did not* learn the task then does not show that it *cannot*. So give the plain RNNs up to eight times as many steps, and ask how many each needs:
# first the small one, then the one with as many parameters as the LSTM. These are the two longest cells of the notebook.

# %% tags=["experiment"]
PATIENCE = 2400
patient = {}
contest(["RNN"], LENGTHS[1:], PATIENCE, patient)

# %% tags=["experiment"]
contest(["RNN, equal parameters"], LENGTHS[1:], PATIENCE, patient)

# %% tags=["experiment"]
curves = {}
for name in ("RNN", "RNN, equal parameters", "GRU", "LSTM"):
    needed = {T: patient.get((name, T), runs[name, T])["steps"] for T in LENGTHS[1:]}
    print(f"{name:24}", "  ".join(f"T={T}: {steps or f'> {PATIENCE}'}" for T, steps in needed.items()))
    known = [T for T, steps in needed.items() if steps]
    curves[name] = (known, [needed[T] for T in known])
plots.lines(
    curves, "sequence length T", "training steps", "Steps until 95 % of every kind are right", log=True
)
plt.show()

# %% [markdown]
# **What did you see?** How do the steps grow with the length, for the RNNs and for the gated networks? Did the wider RNN need fewer, and was it ever near the gated ones? (The steps are measured 25 at a time.)
#
# **What these numbers say, and what not.** "An RNN cannot remember" is wrong: given the steps, it learned the task. The fair sentence is that *the gradient reaches the plain RNN so weakly that it needs many times the steps, and the
# more the longer the delay*, and that making it wider did not bring it near the gated ones. Nor do your numbers say more than they are: one task, one seed, four lengths, a handful of learning rates tried. Another task may order the five differently.

# %% [markdown]
# ## Gradients after training
#
# The first picture of Part 2 again, now with networks trained on $T = 64$: the GRU and the LSTM of the contest, and the small RNN both as the contest left it (300 steps) and as patience left it.
# They read sequences of 20 and 200 steps whose stores all lie in the first fifth. In the fresh LSTM hardly anything came back from step 200 to step 1. *Before you run it:* what should training have done to the lines?

# %% tags=["experiment"]
networks = {name: runs[name, longest.T]["model"] for name in ("RNN", "GRU", "LSTM")}
networks["RNN, many steps"] = patient["RNN", longest.T]["model"]
panels = {}
for T in (20, 200):
    sequences = tasks.StoreTask(T=T).stratum("long", 32, seed=2).tokens
    sequences[:, T // 5 :] %= task.K  # from there on there is only noise: tokens below K
    panels[f"T = {T}"] = {
        name: gradient_norms(copy.deepcopy(net.recurrent).double(), net.embedding(sequences).double())
        for name, net in networks.items()
    }
plots.gradient_curves(panels, "Trained networks: how much gradient reaches each step?")
plt.show()

# %% [markdown]
# **What did you see?** On 20 steps, who keeps up? Then compare the right panel with the fresh networks: GRU and LSTM have *changed their rate*. Over 200 steps nearly as much arrives at the first step as over 20, and they were never trained on more than 64.
#
# And the RNN that did learn the task? Hardly any gradient comes back through it, less than before. It stores a symbol by driving its units to the ends of the $\tanh$, where they stay: a latch. A saturated unit remembers perfectly and passes no gradient at all.
# So *remembering* and *passing gradient* are two things. The RNN had to find its latch while the gradient still told it almost nothing; in the LSTM the same forget gate that keeps the memory keeps the way back open.

# %% [markdown]
# ---
# # Part 4: encoder and decoder
#
# *Many-to-many, lengths apart*: one network (the **encoder**) reads the whole source and hands over its final state; another (the **decoder**) starts from that state and writes the target one token at a time,
# reading at each step the token before. The state is all that passes between them.
#
# **The task: a number read backwards.** A string of digits in, the same digits in reverse out, closed by the token `EOS`. Short strings are padded.

# %% tags=["experiment"]
reverse, recipe2 = tasks.REVERSE, tasks.REVERSE_RECIPE
examples = reverse.batch(3, seed=5)
print(f"PAD = {reverse.PAD}, BOS = {reverse.BOS}, EOS = {reverse.EOS}, digit d = {reverse.FIRST} + d\n")
for source, target in zip(examples.source, examples.targets, strict=True):
    print(f"{reverse.text(source):>{reverse.longest}} → {reverse.text(target)}")
    print(f"   source {source.tolist()}\n   target {target.tolist()}\n")

# %% [markdown]
# ## Teacher forcing
#
# The decoder models $p(y_t \mid y_1, \dots, y_{t-1}, \text{source})$: to predict token $t$ it must read token $t-1$. But *which* token $t-1$, the true one or its own guess?
#
# | decoder step | 0 | 1 | 2 | 3 |
# | --- | --- | --- | --- | --- |
# | reads, with **teacher forcing** | `BOS` | $y_0$ | $y_1$ | $y_2$ |
# | reads, **running free** | `BOS` | its token of step 0 | its token of step 1 | its token of step 2 |
# | should predict | $y_0$ | $y_1$ | $y_2$ | $y_3$ |

# %% tags=["experiment"]
diagrams.teacher_forcing("What the decoder reads")  # ŷ: the decoder's own most likely token
plt.show()

# %% [markdown]
# With teacher forcing every step gets a sound start and a useful gradient from the first batch on. The price: in training the decoder never sees its own mistakes. At test time there is no teacher.

# %% [markdown]
# ### q8: Encoder, decoder, teacher forcing ({{POINTS q8}} points)
#
# - `shift_right(targets, bos)`: the first row of the table above.
# - `Seq2Seq`, with your `LSTM` as `encoder` and `decoder`:
#   - `encode`: the state $(h, c)$ after each sequence's last *valid* source token. A layer returns `c` for its last step only, so padded sequences need thought: one way is to step through the source
#     (`x[:, t : t + 1]`) and let sequences that are over keep their state.
#   - `step`: one decoder step, from a token and a state to logits and the next state.
#   - `forward`: the loop of the table. At steps $t \ge 1$ each sequence reads the true token with probability `forcing`, else its own most likely token of the step before. Draw with `torch.rand`, anew for every
#     sequence and step. No gradient flows through the choice of a token.


# %% nbgrader={"grade": false, "grade_id": "q8-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shift_right(targets, bos):
    """What the decoder reads under teacher forcing: bos, then targets (N, T) without their last. (N, T)"""
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


# %% nbgrader={"grade": true, "grade_id": "q8", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
grader.check("q8")

# %% [markdown]
# ### q9: A loss that leaves the padding out ({{POINTS q9}} points)
#
# Cross-entropy at every step, averaged over *all real tokens of the batch*. (Not the mean of each sequence's mean: a token of a short sequence counts as much as one of a long
# sequence. And `EOS` is a real token: the decoder must learn where to stop.)


# %% nbgrader={"grade": false, "grade_id": "q9-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sequence_loss(logits, targets, pad):
    """logits (N, T, V), targets (N, T) → the mean cross-entropy over all tokens that are not pad, ()."""
    # BEGIN SOLUTION
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad)
    # END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q9", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
grader.check("q9")

# %% [markdown]
# ### q10: Greedy decoding ({{POINTS q10}} points)
#
# No targets now. Encode the source, start from `bos`, and feed back the most likely token at each step until *every* sequence has produced `eos`, or `max_len` steps are done. In the result a sequence keeps its first
# `eos`, and all after it is `pad`. No gradients are kept. Use `model.encode` and `model.step`.


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


# %% nbgrader={"grade": true, "grade_id": "q10", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
grader.check("q10")

# %% [markdown]
# ### q11: Training the translator ({{POINTS q11}} points)
#
# One training step with full teacher forcing: forget the old gradients; loss; gradients; clip their norm at `clip`; step of the optimiser. Return the loss as a Python number. Half of the
# points come from training your own model with it (`tasks.REVERSE_RECIPE`) and comparing whole decoded sequences on new sources of every length: 97 % must match, and one wrong token makes a sequence wrong.


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


# %% nbgrader={"grade": true, "grade_id": "q11", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
grader.check("q11")

# %% [markdown]
# ## Exposure bias, in your own model
#
# First train your translator for a tenth of its steps only, so that it still makes mistakes, and measure its share of right tokens at each position in two ways: with the teacher (`forcing=1`) and running free
# (`forcing=0`). **Predict:** where will the two lines differ?

# %% tags=["experiment"]
positions = [
    "nowhere: it is the same network",
    "at the first position most, where the decoder knows least",
    "not at the first position, but at the digits that follow",
]
guess_exposure = predict.predict("Teacher against free running: where do the two differ?", positions)


# %% tags=["experiment"]
def translator():
    """A fresh translator."""
    torch.manual_seed(1)
    return Seq2Seq(
        reverse.vocab_size, reverse.vocab_size, recipe2.embedding_size, recipe2.hidden_size, reverse.BOS
    )


def right_by_position(model, pairs, forcing):
    """Share of right tokens at each position of the target, (T,)."""
    with torch.no_grad():
        chosen = model(*pairs.inputs, pairs.targets, forcing=forcing).argmax(dim=2)  # (N, T)
    return (chosen == pairs.targets).double().mean(dim=0)


young = translator()
training.train_translator(
    young, training_step, reverse, recipe2, seed=1, steps=recipe2.steps // 10, label="a tenth of the steps"
)
longest_sources = reverse.of_length(reverse.longest, 512, seed=2)
with_teacher, free = (right_by_position(young, longest_sources, forcing) for forcing in (1.0, 0.0))
plots.accuracy_by_position(
    {
        "with the teacher": with_teacher,
        "running free": free,
    },
    "A translator that still makes mistakes",
)
plt.show()
gap = with_teacher - free  # (T,)
guess_exposure.compare(positions[0 if gap.max() < 0.02 else 1 if gap.argmax() == 0 else 2])

# %% [markdown]
# **What did you see?** At the first position both read `BOS`: no difference there. From then on the free decoder reads what it wrote, and one wrong token puts it where it has never been in training. This is **exposure bias**.
# (The last token, `EOS`, needs only counting: there the wrong digits do little harm.)
# Which of the two lines does the training loss know about? Which one do you care about when you use the model?
#
# Now train to the end. What should happen to the gap?

# %% tags=["experiment"]
translate_model = translator()
history = training.train_translator(
    translate_model, training_step, reverse, recipe2, seed=1, label="all of the steps"
)
plots.accuracy_by_position(
    {
        "with the teacher": right_by_position(translate_model, longest_sources, forcing=1.0),
        "running free": right_by_position(translate_model, longest_sources, forcing=0.0),
    },
    "The translator after all of its training",
)
plt.show()
print(
    f"exact match, longest sources: {training.translate(translate_model, greedy_decode, reverse, longest_sources):.3f}"
)

# %% tags=["experiment"]
own = reverse.encode("31415926"[: reverse.longest], "2468", "000")  # your own numbers here
decoded = greedy_decode(translate_model, *own.inputs, reverse.max_len, reverse.BOS, reverse.EOS)
for source, row in zip(own.source, decoded, strict=True):
    print(f"{reverse.text(source):>{reverse.longest}} → {reverse.text(row)}")

# %% [markdown]
# **What did you see?** Exposure bias is only as large as the mistakes the decoder makes: one that is (nearly) always right is (nearly) never off the known road. What would you do where a task leaves no hope of such a decoder? (One idea
# is among the challenges below.)

# %% [markdown]
# ---
# # Part 5: concepts
#
# ### q12: Concepts ({{POINTS q12}} points)
#
# Fill in `answers`. Choices: one letter. Match and order questions: the letters in a row, such as `"abcd"`. Numbers such as `"0.25"` or `"56"`; ±0.01 is accepted. No calculator needed.
#
# **c1.** What do the two states of an LSTM do?
#
# - (a) `c` is what the output layer reads; `h` is the memory.
# - (b) `c` is the memory, changed only by scaling and adding; `h` is what the output gate shows of it.
# - (c) Both hold the same numbers; two copies make the sums more stable.
# - (d) `c` lives as long as one step, `h` as long as the sequence.
#
# **c2.** At some step $f \approx 1$ and $i \approx 0$ in every unit. Then
#
# - (a) the cell state is erased.
# - (b) the candidate takes the place of the cell state.
# - (c) the cell state stays as it was, whatever the candidate is.
# - (d) the hidden state stays as it was, whatever the output gate is.
#
# **c3.** *Match* each task to an architecture, and write the four letters in the order of the tasks.
#
# - Tasks: 1. translate a sentence · 2. mark every word of a sentence as noun, verb, … · 3. tell whether a review is friendly · 4. write a caption for a picture.
# - Architectures: (a) many-to-one · (b) one-to-many · (c) many-to-many, one output per input step · (d) many-to-many with encoder and decoder.
#
# **c4.** A batch holds 32 sequences of at most 50 steps, padded, and there are 10 classes. What are the shapes of the logits for a *many-to-one* classifier and for a *many-to-many* tagger?
#
# - (a) (32, 10) and (32, 50, 10)
# - (b) (32, 50, 10) and (32, 10)
# - (c) (32, 50) and (32, 50, 10)
# - (d) (50, 10) and (32, 10)
#
# **c5.** *Order* the parts of one LSTM step.
#
# - (a) $h = o \odot \tanh(c)$
# - (b) $a = W_{ih} x + b_{ih} + W_{hh} h_\text{old} + b_{hh}$
# - (c) $c = f \odot c_\text{old} + i \odot g$
# - (d) $\sigma$ on three of the blocks of $a$, $\tanh$ on the fourth
#
# **c6.** *One number.* A unit has $c_\text{old} = 2$, $f = 0.9$, $i = 0.5$, $g = -0.4$. What is its new $c$?
#
# **c7.** *One number.* The forget gates of one unit are $f_1 = 0.1,\ f_2 = 0.5,\ f_3 = 0.8,\ f_4 = 0.5$. What is $\partial c_4 / \partial c_1$ along the direct path?
#
# **c8.** *One number.* A GRU unit (PyTorch's equations) has $h_\text{old} = -0.4$, $z = 0.25$, $n = 0.8$. What is its new $h$?
#
# **c9.** *One number.* How many parameters has one LSTM layer with $D = 3$ and $H = 2$, both biases included?
#
# **c10.** Which sentence do the numbers of this lab support?
#
# - (a) A plain RNN cannot learn to keep a symbol for 60 steps.
# - (b) LSTMs win because they have more parameters than an RNN of the same width.
# - (c) An RNN with four times as many parameters needs a quarter of the steps.
# - (d) A plain RNN can learn it, but needs many times the steps, the more the longer the sequences; so does a wider one.
#
# **c11.** With full teacher forcing, what does the decoder read at step $t \ge 1$?
#
# - (a) the true token of step $t$
# - (b) its own most likely token of step $t - 1$
# - (c) the true token of step $t - 1$
# - (d) the source token of step $t - 1$
#
# **c12.** A decoder is right at 98 % of the tokens at every position with the teacher; running free it starts at 98 % and ends at 50 %. Why?
#
# - (a) Running free it reads its own tokens, and after a wrong one it is where training never took it.
# - (b) Its loss counted the padding.
# - (c) The encoder forgets the source faster when the decoder runs free.
# - (d) Greedy decoding does not start from `BOS`.
#
# **c13.** A classifier reads `outputs[:, -1]` although the sequences are padded at the end. What happens?
#
# - (a) Nothing bad: an LSTM's output does not change after the last real token.
# - (b) The state has gone on reading padding, so the answer depends on what stands there and on how long it is.
# - (c) PyTorch raises an error.
# - (d) Only the gradients are wrong; the predictions are right.
#
# **c14.** *Order* the parts of greedy decoding.
#
# - (a) take the most likely token and note it down
# - (b) encode the source; the token is `BOS`
# - (c) stop if every sequence has ended, else go round again
# - (d) token and state through the decoder: logits and the next state

# %% nbgrader={"grade": false, "grade_id": "q12-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
answers = {  # GIVEN
    "c1": "",  # a letter
    "c2": "",  # a letter
    "c3": "",  # four letters
    "c4": "",  # a letter
    "c5": "",  # four letters
    "c6": "",  # a number
    "c7": "",  # a number
    "c8": "",  # a number
    "c9": "",  # a number
    "c10": "",  # a letter
    "c11": "",  # a letter
    "c12": "",  # a letter
    "c13": "",  # a letter
    "c14": "",  # four letters
}
# Delete the line below when you have filled in your answers above.  # GIVEN
# BEGIN SOLUTION
answers.update(c1="b", c2="c", c3="dcab", c4="a", c5="bdca", c6="1.60", c7="0.20", c8="0.50", c9="56")
answers.update(c10="d", c11="c", c12="a", c13="b", c14="bdac")
# END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "q12", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
grader.check("q12")

# %% [markdown]
# ### q12a: In your own words: the cell state and the hidden state ({{POINTS q12a}} points, marked by hand)
#
# What does each of the two do, and why does it help *training* that there are two? Point at one figure of this notebook that shows it. Three to six sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q12a", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# <!-- # BEGIN SOLUTION -->
# The cell state is the memory. A step only scales it (forget gate) and adds to it (input gate times candidate), so with the forget gate near 1 it, and the gradient along it, passes many steps almost unchanged. The hidden
# state is what the unit shows at a step: the output gate lets through as much of $\tanh(c)$ as is of use now, to the head and to the gates of the next step. With one state both jobs compete: in a plain RNN
# what is remembered is also what is shown, and it goes through a matrix and a $\tanh$ at every step, so memory and gradient shrink together. The heat map of the trained LSTM shows the division: at a letter the forget gate
# drops and the input gate rises in most units, afterwards the rows of $c$ keep their sign through all the noise while the output gate moves at every token.
# <!-- # END SOLUTION -->

# %% [markdown]
# ### q12b: In your own words: do LSTMs win because they have more parameters? ({{POINTS q12b}} points, marked by hand)
#
# A fellow student says yes. Answer with *your own numbers* (at least two of them, from the contest or the steps each model needed), and say also what your numbers do *not* show. Three to six sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q12b", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# <!-- # BEGIN SOLUTION -->
# No. The RNN with as many parameters as the LSTM got 0.13 right on the longest sequences, about a guess, the one with four times as many 0.26, the LSTM 1.00 after at most 300 steps; the smallest RNN (0.42) was better than both larger ones.
# If size were the reason, the equal-size RNN would do as well and the largest better still. What differs is how much gradient comes back. But my numbers do not show that an RNN is unable to learn this: with patience the
# equal-size one got there after 1,325 steps (the LSTM took 100). And they are from one task, one seed and a few learning rates.
# <!-- # END SOLUTION -->

# %% [markdown]
# ---
# # Optional challenges
#
# Ungraded. Write as many as you like in cells of your own; the cell after the list checks the first three if you use the names given.
#
# 1. **Packed sequences.** `run_packed(layer, x (N, T, D), lengths (N,)) -> (outputs (N, T, H), (h, c))` for your `LSTM`: outputs 0 at padded steps and the state of each sequence's last valid step, as
#    `torch.nn.utils.rnn.pack_padded_sequence` gives it.
# 2. **Two layers.** `StackedLSTM(input_size, hidden_size)` with `layers`, an `nn.ModuleList` of two of your `LSTM`s; `layer(x) -> (outputs, state)` with the outputs of the upper one.
# 3. **Both directions.** `BiLSTM(input_size, hidden_size)` with attributes `forward_layer` and `backward_layer`; outputs `(N, T, 2H)`, each step's two halves seeing the past and the future.
# 4. **Scheduled sampling.** Train the translator with a `forcing` that falls from 1 to 0.5 in the course of training. Does the gap of Part 4 shrink? What does it cost?
# 5. **Attention.** Keep all encoder outputs and let the decoder weigh them with additive attention (Bahdanau et al., 2015). How long can the strings get?
# 6. **As fast as you can.** Most of a step's time goes into starting operations. Hoist the input product out of the loop (`x @ w_ih.T` for all steps at once), try `torch.jit.script` or `torch.compile`, and time it against `torch.nn.LSTM`.


# %% tags=["experiment"]
def challenges():
    """Compare the challenges that are there with PyTorch's layers."""
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


challenges()

# %% [markdown]
# ---
# **Handing in.** *Restart and run all* once, look whether every check still passes, save, and hand in `lab.ipynb` alone.
