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
# # Practice: gates by hand, then by the thousand
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({{COLAB_URL}})
#
# Two demonstrations for the board and the screen.
#
# - **First demonstration (50 minutes): inside a step.** One unit with numbers you can work out on paper; the same unit in PyTorch; then RNN, GRU and LSTM swapped on one task, on short and on long sequences.
# - **Second demonstration (40 minutes): shapes of a task.** One answer for a sequence, an answer at every step, and a sequence for a sequence: a small encoder and decoder with teacher forcing.
#
# Work out each number *before* you run its cell.

# %% [markdown]
# ## Setup
#
# On Colab, zip the lab's folder as `lstm-gru.zip` and upload it in the file pane on the left first.

# %%
import itertools
import math
import random
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

if "google.colab" in sys.modules and not Path("lstm-gru").is_dir():
    zipfile.ZipFile("lstm-gru.zip").extractall()
# seqlab/ lies beside this notebook, or in the lab's folder of the repository that it was built from
places = (Path(), Path("lstm-gru"), Path("../../assignment/lstm-gru"))
HERE = next((place for place in places if (place / "seqlab").is_dir()), None)
if HERE is None:
    raise FileNotFoundError("seqlab/ is not here: start Jupyter in the lab's folder")
sys.path.insert(0, str(HERE))

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from seqlab import diagrams, plots, predict, tasks, training

torch.set_flush_denormal(True)  # vanishing gradients end as subnormal numbers: slow to compute with
torch.set_num_threads(1)

# %% [markdown]
# ---
# # First demonstration: inside a step
#
# ## One unit on the board
#
# An LSTM with one unit and one input, without recurrent weights. $x = 1$ means *write*, $x = 0$ means *wait*. With $\ln 3$ in the weights every gate is a quarter or three quarters, because
# $\sigma(\ln 3) = \tfrac{3}{4}$ and $\sigma(-\ln 3) = \tfrac{1}{4}$:
#
# | | sum before squashing | at $x = 1$ | at $x = 0$ |
# | --- | --- | --- | --- |
# | input gate $i$ | $2 \ln 3 \cdot x - \ln 3$ | 0.75 | 0.25 |
# | forget gate $f$ | $-2 \ln 3 \cdot x + \ln 3$ | 0.25 | 0.75 |
# | candidate $g$ | $0.5493 \cdot x$ | 0.5 | 0 |
# | output gate $o$ | $0$ | 0.5 | 0.5 |
#
# **On paper:** start from $c = 0$ and read 1, 0, 0. What is $c$ after each step? (Then $h$ is half of $\tanh c$; a calculator may help.)

# %%
ln3 = math.log(3)


def sigma(a):
    """The logistic function of a number."""
    return 1 / (1 + math.exp(-a))


memory = 0.0
print("x     i     f     g     o        c        h")
for read in (1, 0, 0):
    write = sigma(2 * ln3 * read - ln3)
    keep = sigma(-2 * ln3 * read + ln3)
    candidate = math.tanh(math.atanh(0.5) * read)
    show = sigma(0)
    memory = keep * memory + write * candidate
    print(
        f"{read}  {write:.2f}  {keep:.2f}  {candidate:.2f}  {show:.2f}  {memory:.5f}  {show * math.tanh(memory):.5f}"
    )

# %% [markdown]
# **The same unit in PyTorch.** `nn.LSTMCell` keeps the four rows in one matrix. In which order? Exchange two rows and see which of the numbers move.

# %%
cell = nn.LSTMCell(1, 1)
with torch.no_grad():
    cell.weight_ih.copy_(torch.tensor([[2 * ln3], [-2 * ln3], [math.atanh(0.5)], [0.0]]))  # i, f, g, o
    cell.bias_ih.copy_(torch.tensor([-ln3, ln3, 0.0, 0.0]))
    cell.weight_hh.zero_()
    cell.bias_hh.zero_()
state = torch.zeros(1, 1), torch.zeros(1, 1)
for read in (1.0, 0.0, 0.0):
    state = cell(torch.tensor([[read]]), state)
    print(f"{read:.0f}   c = {state[1].item():.5f}   h = {state[0].item():.5f}")

# %% [markdown]
# **How long does it last?** A wait keeps three quarters. *On paper:* what share of the memory is left after 10 waits? After 64? What must the forget gate be so that half of it is left after 64?

# %%
print("left after      1 wait    10 waits   64 waits  200 waits")
for keep in (0.5, 0.75, 0.9, 0.99):
    print(f"f = {keep:.2f}  " + "".join(f"{keep**waits:11.1e}" for waits in (1, 10, 64, 200)))
half = 0.5 ** (1 / 64)
print(f"half is left after 64 waits with f = {half:.4f}, a forget sum of {math.log(half / (1 - half)):.1f}")

# %% [markdown]
# **And back again.** The share that is left of the memory is also the share of the gradient that comes back: $\partial c_3 / \partial c_1 = f_2 f_3 = 0.75^2$. Ask autograd.

# %%
after_write = torch.tensor([[0.375]], requires_grad=True)  # c after step 1
state = torch.zeros(1, 1), after_write
for _ in range(2):
    state = cell(torch.zeros(1, 1), state)
(slope,) = torch.autograd.grad(state[1].sum(), after_write)
print(f"∂c₃/∂c₁ = {slope.item():.4f},  0.75 · 0.75 = {0.75 * 0.75}")

# %% [markdown]
# ## The GRU on the same numbers
#
# The GRU has one gate where the LSTM has two: the share $z$ of the old state is kept, the rest, $1 - z$, is overwritten. Give $z$ the forget gate's row and $n$ the candidate's. *Predict:* which column of the LSTM's table will $h$ repeat?

# %%
gru = nn.GRUCell(1, 1)
with torch.no_grad():
    for weights in gru.parameters():
        weights.zero_()
    gru.weight_ih.copy_(torch.tensor([[0.0], [-2 * ln3], [math.atanh(0.5)]]))  # r, z, n
    gru.bias_ih.copy_(torch.tensor([0.0, ln3, 0.0]))
hidden = torch.zeros(1, 1)
for read in (1.0, 0.0, 0.0):
    hidden = gru(torch.tensor([[read]]), hidden)
    print(f"{read:.0f}   h = {hidden.item():.5f}")

# %% [markdown]
# It repeats $c$, because on this board $i = 1 - f$ at every step. **Question:** an LSTM may set $i = f = 1$. What does its cell state do then, that no GRU's state can?
#
# **The reset gate, once.** Old state 0.8, recurrent candidate weight 1, its bias $b_{hn} = 0.4$, nothing from the input, $r = 0.25$. Three ways to read "reset":
#
# | reading | candidate $n$ |
# | --- | --- |
# | product and bias, then reset (PyTorch) | $\tanh(0.25 \cdot (0.8 + 0.4)) = \tanh 0.3$ |
# | reset, then product and bias (the first paper) | $\tanh(0.25 \cdot 0.8 + 0.4) = \tanh 0.6$ |
# | no reset | $\tanh(0.8 + 0.4) = \tanh 1.2$ |
#
# Which one PyTorch means we find out by asking it: with $z \approx 0$ the new state *is* the candidate.

# %%
with torch.no_grad():
    gru.weight_ih.zero_()
    gru.bias_ih.copy_(torch.tensor([-ln3, -30.0, 0.0]))  # r = 0.25, z = 0
    gru.weight_hh.copy_(torch.tensor([[0.0], [0.0], [1.0]]))
    gru.bias_hh.copy_(torch.tensor([0.0, 0.0, 0.4]))
    candidate = gru(torch.zeros(1, 1), torch.full((1, 1), 0.8)).item()
print(f"PyTorch: {candidate:.4f}")
for a in (0.3, 0.6, 1.2):
    print(f"tanh {a}: {math.tanh(a):.4f}")

# %% [markdown]
# ## Swap RNN, GRU and LSTM
#
# From one unit to 32. All three layers are called in the same way; look at what they give back. One of the three lines is not like the others: what would `_, h = layer(x)` followed by `head(h)` do there?

# %%
x = torch.randn(4, 20, 16)  # (N, T, D)
for kind in (nn.RNN, nn.GRU, nn.LSTM):
    layer = kind(16, 32, batch_first=True)
    outputs, state = layer(x)
    parts = state if isinstance(state, tuple) else [state]
    print(f"{kind.__name__:5} outputs {tuple(outputs.shape)}   state {[tuple(part.shape) for part in parts]}")
    print(f"      {nn.utils.parameters_to_vector(layer.parameters()).numel():,d} numbers to train")

# %% [markdown]
# **The task.** Dots are noise, letters are stored; the answer is the last letter. All sequences of a task are equally long here, so that the last step is everybody's last step. (In the homework they are not, and you will have to mind it.)

# %%
K, LOUD = 8, 3.0  # letters; length of the one-hot vectors


def equally_long(T):
    """The homework's task with all sequences of T steps."""
    return tasks.StoreTask(K=K, T=T, shortest=T)


def listen(layer, tokens):
    """The layer's outputs (N, T, H) for tokens (N, T)."""
    return layer(LOUD * F.one_hot(tokens, 2 * K).float())[0]


class LastWord(nn.Module):
    """A recurrent layer whose last output is turned into one answer."""

    def __init__(self, layer):
        super().__init__()
        self.layer, self.answer = layer, nn.Linear(layer.hidden_size, K)

    def forward(self, tokens, lengths):
        """tokens (N, T) → logits (N, K); all sequences fill all T steps, whatever `lengths` says."""
        return self.answer(listen(self.layer, tokens)[:, -1])


examples = equally_long(20).batch(3, seed=1)
for tokens, label in zip(examples.tokens, examples.labels, strict=True):
    print(f"{equally_long(20).text(tokens)}  →  {'ABCDEFGH'[label]}")

# %% [markdown]
# ## Long against short
#
# 150 training steps each, on 10, 20 and 40 steps. **Predict** where the RNN parts from the others.

# %%
places_apart = [
    "already at 10 steps",
    "at 20 steps it falls behind, at 40 far behind",
    "nowhere up to 40 steps",
]
guess_apart = predict.predict("Where does the RNN part from GRU and LSTM?", places_apart)

# %%
rates = {"RNN": (nn.RNN, 0.01), "GRU": (nn.GRU, 0.02), "LSTM": (nn.LSTM, 0.02)}
right = {name: {} for name in rates}
for name, (kind, rate) in rates.items():
    for T in (10, 20, 40):
        torch.manual_seed(1)
        model, task = LastWord(kind(2 * K, 32, batch_first=True)), equally_long(T)
        recipe = replace(tasks.STORE_RECIPE, learning_rate=rate)
        training.train_classifier(model, task, recipe, seed=1, steps=150, label=f"{name}, T = {T}")
        right[name][T] = training.accuracies(model, task, seed=1)["long"]
plots.accuracy_by_length(right, 1 / K, "150 training steps: letters from the first fifth")
plt.show()
for name, by_length in right.items():
    print(f"{name:5}", "   ".join(f"T = {T}: {share:.2f}" for T, share in by_length.items()))
behind = {T: min(right["GRU"][T], right["LSTM"][T]) - right["RNN"][T] for T in (10, 20, 40)}
guess_apart.compare_first(
    [behind[10] > 0.1, 0.1 < behind[20] < behind[40], max(behind.values()) < 0.1],
)

# %% [markdown]
# **What did you see?** Same task, same letters, only more dots to wait through. Change `steps=150` to 800, leave only the RNN and $T = 40$, and run again: does it learn? So what is the fair sentence about RNNs?

# %% [markdown]
# ---
# # Second demonstration: shapes of a task
#
# ## One answer, or one at every step
#
# The same data and the same layer serve two tasks. *Many-to-one*: which letter came last? *Many-to-many*: after **every** step, which letter came last so far? Only the head differs: it reads the last output, or all of them.

# %%
diagrams.sequence_tasks("Three shapes of a sequence task")
plt.show()

# %%
NOTHING = K  # the answer before the first letter


def answers_so_far(tokens):
    """After each step of tokens (N, T), the letter stored last, NOTHING before the first; (N, T)."""
    last, answers = torch.full_like(tokens[:, 0], NOTHING), []
    for read in tokens.unbind(dim=1):
        last = torch.where(read >= K, read - K, last)
        answers.append(last)
    return torch.stack(answers, dim=1)


tokens = examples.tokens[:1]
print("read  ", equally_long(20).text(tokens[0]))
print("answer", "".join("ABCDEFGH-"[answer] for answer in answers_so_far(tokens)[0]))
layer, head = nn.GRU(2 * K, 32, batch_first=True), nn.Linear(32, K + 1)
outputs = listen(layer, tokens)
print("many-to-many:", tuple(head(outputs).shape), "  many-to-one:", tuple(head(outputs[:, -1]).shape))

# %% [markdown]
# **Predict.** A plain RNN, $T = 40$, 300 training steps. Once it is told only at the end whether it was right, once at every step. Both are tested on the *last* answer.

# %%
outcomes_taught = [
    "no difference: what counts at the end is the last answer",
    "taught at every step it learns the long waits, taught at the end it does not",
    "taught at every step it gets worse: the many easy answers drown the hard one",
]
guess_taught = predict.predict("RNN, taught at the end or at every step:", outcomes_taught)


# %%
def teach(kind, rate, T, every_step, steps=300):
    """Share of right last answers after training on the last answer alone or on all of them."""
    torch.manual_seed(1)
    net = nn.ModuleDict({"layer": kind(2 * K, 32, batch_first=True), "head": nn.Linear(32, K + 1)})
    optimizer, stream = torch.optim.Adam(net.parameters(), lr=rate), tasks.generator(1)
    first = 0 if every_step else T - 1  # the first step whose answer is taught
    for _ in range(steps):
        tokens = equally_long(T).batch(32, stream).tokens
        logits = net["head"](listen(net["layer"], tokens))[:, first:]  # (N, taught steps, K + 1)
        error = F.cross_entropy(logits.flatten(0, 1), answers_so_far(tokens)[:, first:].flatten())
        net.zero_grad()
        error.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    test = equally_long(T).stratum("long", 512, seed=9)
    with torch.no_grad():
        said = net["head"](listen(net["layer"], test.tokens))[:, -1].argmax(dim=1)
    return (said == test.labels).float().mean().item()


taught = {}
for name in ("RNN", "LSTM"):
    for every_step in (False, True):
        taught[name, every_step] = teach(*rates[name], 40, every_step)
        way = "at every step" if every_step else "at the end only"
        print(f"{name:5} taught {way:16} last answer right: {taught[name, every_step]:.2f}")
gain = taught["RNN", True] - taught["RNN", False]
guess_taught.compare_first([abs(gain) < 0.1, gain > 0.5 and taught["RNN", True] > 0.9, gain < 0])

# %% [markdown]
# **What did you see?** The same plain RNN, the same sequences: what changed is *where the error enters*. Taught at every step, many answers have their letter only a few steps back, and from there the error
# reaches it; what the layer learned over short waits served over long ones.
# So "no gates" is not the whole story: the RNN *can* keep, it is the weak signal from far away that teaches it so slowly. When the task lets you, put the error close to its cause.

# %% [markdown]
# ## Encoder and decoder
#
# Sequence to sequence, the lengths apart: `a3b2` → `aaabb`. The encoder reads the short form; its state is all the decoder gets; the decoder writes letters until it says `$`, *when it wants*. Input 4 marks, output 5: no head at every step could do this.
#
# **Teacher forcing** is one line of a table: what the decoder *reads* is what it should have *said* one step before.

# %%
LETTERS, COUNTS = "abc", "1234"
SOURCE, TARGET = LETTERS + COUNTS, "^$" + LETTERS  # marks of the two languages; ^ starts, $ ends


def all_pairs():
    """Every short form of one to three runs, with the long form: [("a3b2", "aaabb"), …], shuffled."""
    pairs = []
    for runs in (1, 2, 3):
        for letters in itertools.product(LETTERS, repeat=runs):
            if all(one != other for one, other in itertools.pairwise(letters)):
                for counts in itertools.product(COUNTS, repeat=runs):
                    short = "".join(letter + count for letter, count in zip(letters, counts, strict=True))
                    long = "".join(letter * int(count) for letter, count in zip(letters, counts, strict=True))
                    pairs.append((short, long))
    random.Random(0).shuffle(pairs)
    return pairs


pairs = all_pairs()
unseen, seen = pairs[:150], pairs[150:]
short, long = "a3b2", "aaabb"
print(f"{len(seen)} pairs to learn from, {len(unseen)} kept for the test\n")
print("the encoder reads    ", *short)
print("the decoder reads    ", *("^" + long))
print("the decoder should say", *(long + "$"), sep=" ")


# %%
def coded(strings, marks):
    """Strings of one length as one-hot vectors (N, T, marks)."""
    return LOUD * F.one_hot(
        torch.tensor([[marks.index(mark) for mark in text] for text in strings]), len(marks)
    )


class Writer(nn.Module):
    """A GRU reads, another GRU writes; between them passes one state (1, N, H)."""

    def __init__(self, width=48):
        super().__init__()
        self.reader = nn.GRU(len(SOURCE), width, batch_first=True)
        self.writer = nn.GRU(len(TARGET), width, batch_first=True)
        self.mark = nn.Linear(width, len(TARGET))

    def forced(self, shorts, longs):
        """Logits (N, T, marks) when the decoder reads the truth: all steps in one call."""
        _, state = self.reader(coded(shorts, SOURCE))
        read = coded(["^" + text for text in longs], TARGET)
        return self.mark(self.writer(read, state)[0])

    def free(self, short, forged=None, longest=15):
        """What it writes on its own for one string; `forged` = (place, mark) slips it a wrong mark."""
        text = ""
        with torch.no_grad():
            _, state = self.reader(coded([short], SOURCE))
            while not text.endswith("$") and len(text) < longest:
                heard, state = self.writer(coded([text[-1:] or "^"], TARGET), state)
                said = TARGET[self.mark(heard[0, 0]).argmax()]
                text += forged[1] if forged and len(text) == forged[0] else said
        return text


# %% [markdown]
# Each batch holds pairs of one shape only (as many marks in, as many out), so nothing needs padding. The homework's batches are mixed, and the padding is then yours to keep out of the state and of the loss.

# %%
shapes = {}
for short, long in seen:
    shapes.setdefault((len(short), len(long)), []).append((short, long))


def learn(steps=400, seed=1):
    """Train a writer with teacher forcing; now and then, test it on the unseen pairs, running free."""
    torch.manual_seed(seed)
    writer, draw = Writer(), random.Random(seed)
    optimizer = torch.optim.Adam(writer.parameters(), lr=0.01)
    sizes = [len(group) for group in shapes.values()]
    for step in range(1, steps + 1):
        group = draw.choices(list(shapes.values()), sizes)[0]
        shorts, longs = zip(*draw.choices(group, k=64), strict=True)
        should_say = torch.tensor([[TARGET.index(mark) for mark in text + "$"] for text in longs])
        error = F.cross_entropy(writer.forced(shorts, longs).flatten(0, 1), should_say.flatten())
        writer.zero_grad()
        error.backward()
        nn.utils.clip_grad_norm_(writer.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0:
            exact = sum(writer.free(short) == long + "$" for short, long in unseen) / len(unseen)
            print(f"{step:4d} steps: error {error.item():.3f}, unseen pairs written right: {exact:.2f}")
    return writer


writer = learn()

# %% [markdown]
# **Try it.** The decoder stops by itself. The last line is longer than anything it learned from: what should we expect?

# %%
for short in ("a3b2", "c1a4b1", "b4", "b4c4b4", "a1b1a1b1"):
    print(f"{short:9} → {writer.free(short)}")

# %% [markdown]
# **One wrong mark.** In training the decoder read only the truth. Now it reads its own marks, and we forge one of them. *Predict:* will it find its way back?

# %%
print("undisturbed       a3b2c3 →", writer.free("a3b2c3"))
for place, mark in ((0, "b"), (1, "c"), (3, "a")):
    print(f"'{mark}' at place {place}    a3b2c3 →", writer.free("a3b2c3", forged=(place, mark)))

# %% [markdown]
# **What did you see?** After a wrong mark the decoder is where training never took it: sometimes it finds the way back, sometimes one wrong mark brings the next. This is the price of teacher forcing, *exposure bias*; the homework measures it position by position. What teacher forcing buys: all steps of `forced` run in one call, each
# with a sound start. `free` must go mark by mark, because it reads what it wrote.

# %% [markdown]
# ## Which shape does the task have?
#
# | task | shape | what the head reads |
# | --- | --- | --- |
# | is this review friendly? | many-to-one | the last valid step (or a mean over the valid ones) |
# | noun, verb, … for every word | many-to-many, aligned | every step |
# | a caption for a picture | one-to-many | every step of a decoder |
# | translate a sentence | many-to-many, lengths apart | every step of a decoder that starts from the encoder's state |
#
# **Your turn:** find the shape of *predict tomorrow's temperature from a year of days*, of *mark the start and end of every name in a text*, and of *answer a question in a sentence*.
