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
# # Predict, then run: what does a gate buy?
#
# The lecture's live demo. A signal, a wait, a question: does the network still remember? We swap a plain RNN for an LSTM by changing
# one word, open the gates, and follow the gradient back. Before every run you say what will happen. A wrong guess is worth more than a right one: it shows which idea to correct.
#
# **Rules.** Choose first, then run. Do not change a choice afterwards.

# %% [markdown]
# ## Setup
#
# `LIVE = True` trains everything before your eyes. `LIVE = False` shows the same figures at once, from a run recorded earlier: use it if the classroom machine is too slow.
# On Colab the second cell fetches the other files of the handout, or uses an uploaded `lstm-gru.zip`. A live run's numbers differ from machine to machine; the text claims only what held in all of our runs.

# %%
LIVE = True
RECORD = False  # with LIVE: write this run to cached/demo.json, as the run to fall back on
SEED = 1  # for every experiment: change it, run again, and see what still holds

# %%
# Where Colab finds the handout, and the checksum of its files; neither is used elsewhere.
HANDOUT = "{{HANDOUT_URL}}"
HANDOUT_SUM = "{{HANDOUT_SUM}}"

import sys

if "google.colab" in sys.modules:
    import hashlib
    import io
    import os
    import urllib.request
    import zipfile

    def handout():
        """Name → bytes of the handout's files, from lstm-gru.zip in the file pane or else from its URL.

        The homework's notebook is left out: a blank copy could be handed in by mistake.
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
else:
    import importlib.util

    if importlib.util.find_spec("seqlab") is None:
        print(
            "The folder seqlab is not beside this notebook (was one of them moved or renamed?). "
            "Open the copy of this notebook in the course's folder."
        )

# %%
import json
import os
import platform
import sys
import time
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path

# seqlab/ is next to this notebook, or in the lab's folder of the repository that it was built from
places = (Path(), Path("../../assignment/lstm-gru"))
HERE = next((place for place in places if (place / "seqlab").is_dir()), None)
if HERE is None:
    raise FileNotFoundError("seqlab/ is not here: start Jupyter in the lab's folder")
sys.path.insert(0, str(HERE))

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from seqlab import plots, predict, tasks, training

torch.set_num_threads(1)  # the networks are small: more threads only get in each other's way
torch.set_flush_denormal(True)  # vanishing gradients become subnormal numbers, which are slow to compute with

CACHE = HERE / "cached" / "demo.json"
if not LIVE:
    if not CACHE.is_file():
        raise FileNotFoundError("cached/demo.json, the recorded run, is not here: set LIVE = True")
    recorded = json.loads(CACHE.read_text(encoding="utf-8"))
    print(f"Shown from a run of {recorded['date']} on {recorded['machine']}")
results, cpu_seconds = {}, {}


def run(name, experiment):
    """What `experiment()` gives; with LIVE = False, what it gave when the run was recorded."""
    if not LIVE:
        return recorded["results"][name]
    start = time.process_time()
    # through JSON and back, so that a live result and a recorded one are the same kind of thing
    results[name] = json.loads(json.dumps(experiment()))
    cpu_seconds[name] = round(time.process_time() - start, 1)
    print(f"({cpu_seconds[name]} s of computing)")
    return results[name]


# %% [markdown]
# ## The signal
#
# A dot is noise, a letter says "store this symbol". When the sequence is over the network must say which letter came **last**. In the `long` sequences below that letter is in the first fifth, and everything after it is noise.

# %%
task = tasks.StoreTask(T=64, shortest=64)  # all sequences 64 steps long: no padding today
examples = task.stratum("long", 4, seed=5)
for tokens, label in zip(examples.tokens, examples.labels, strict=True):
    print(f"{task.text(tokens)}  →  {chr(ord('A') + int(label))}")
print(f"\n{task.num_classes} letters: a guess is right in {task.chance:.1%} of the cases.")

# %% [markdown]
# ## Swap one word
#
# The whole network: tokens as one-hot vectors, a recurrent layer, a linear layer that reads the last step. The recurrent layer is an argument. Swapping `nn.RNN` for `nn.LSTM` changes one word.

# %%
LOUD = 3.0  # length of the one-hot vectors: a signal of length 1 is faint next to what fresh weights add to it


class Listener(nn.Module):
    """Listens to a whole sequence, then says one thing: many-to-one."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.say = nn.Linear(layer.hidden_size, task.num_classes)

    def forward(self, tokens, lengths=None):
        """tokens (N, T) → logits (N, K). `lengths` is not needed: all sequences are equally long."""
        heard, _ = self.layer(LOUD * F.one_hot(tokens, task.vocab_size).float())  # (N, T, H)
        return self.say(heard[:, -1])


layers = {  # name → (the word we swap, width, learning rate that suited it in trials beforehand)
    "RNN": (nn.RNN, 32, 0.01),
    "LSTM": (nn.LSTM, 32, 0.02),
    "GRU": (nn.GRU, 32, 0.02),
    "RNN, equal parameters": (nn.RNN, 72, 0.005),
    "RNN, 4 × the parameters": (nn.RNN, 151, 0.003),
}
trained = {}  # (name, T) → model


def train(name, T, steps, seed=SEED):
    """Train a fresh listener on T steps a sequence, until 95 % of every kind are right or `steps` are done."""
    torch.manual_seed(seed)
    kind, width, rate = layers[name]
    model = Listener(kind(task.vocab_size, width, batch_first=True))
    same_length = tasks.StoreTask(T=T, shortest=T)
    recipe = replace(tasks.STORE_RECIPE, learning_rate=rate, last_rate=None)  # a constant rate
    history = training.train_classifier(
        model, same_length, recipe, seed=seed, steps=steps, stop_at=0.95, label=f"{name}, T = {T}"
    )
    trained[name, T] = model
    right = training.accuracies(model, same_length, seed=seed)
    return {
        "name": name,
        "T": T,
        "parameters": nn.utils.parameters_to_vector(model.layer.parameters()).numel(),
        "steps": history.steps,
        "steps to 95 %": history.steps_to(0.95),
        "long": right["long"],
        "worst": min(right.values()),
    }


def show(rows):
    """One line a training."""
    print(f"{'':24}   T  parameters  steps  right, long delay")
    for row in rows:
        print(f"{row['name']:24} {row['T']:3d} {row['parameters']:11,d} {row['steps']:6d} {row['long']:18.2f}")


# %% [markdown]
# **Predict.** First ten steps, then 64. Each network gets at most 300 training steps.

# %%
outcomes_swap = [
    "both learn both lengths: 64 steps are not many for a network",
    "both learn 10 steps, only the LSTM learns 64",
    "the RNN learns neither length, the LSTM learns both of them",
    "both learn 10 steps, and at 64 steps neither of them learns",
]
guess_swap = predict.predict("RNN and LSTM, 10 and 64 steps: what happens?", outcomes_swap)

# %%
swap = run("swap", lambda: [train(name, T, 300) for T in (10, 64) for name in ("RNN", "LSTM")])
show(swap)
learned = {(row["name"], row["T"]): row["long"] > 0.9 for row in swap}
rnn = learned["RNN", 10], learned["RNN", 64]
lstm = learned["LSTM", 10], learned["LSTM", 64]
guess_swap.compare_first(
    [
        all(rnn + lstm),
        rnn == (True, False) and all(lstm),
        not any(rnn) and all(lstm),
        rnn == lstm == (True, False),
    ]
)

# %% [markdown]
# **What did you see?** On ten steps the RNN needs no gate. The network around the layer and the data are the same; one word differs, and the learning rate that suits it. But the two layers do not have the same *size*: read the third column again.

# %% [markdown]
# ## Is it the parameters?
#
# "The LSTM has four times the weights, no wonder." If so, an RNN with as many weights should do as well, and one with four times as many should do better. The GRU takes part, too.

# %%
outcomes_size = [
    "size decides: the more parameters, the better",
    "the RNN with equal parameters does as well as the LSTM does",
    "no RNN learns it within these steps, GRU and LSTM do",
]
guess_size = predict.predict("Five layers, 64 steps, at most 300 training steps each:", outcomes_size)

# %%
bigger = run("bigger", lambda: [train(name, 64, 300) for name in list(layers)[2:]])
at_64 = [row for row in swap if row["T"] == 64] + bigger
show(at_64)
small, lstm, gru, equal, large = (row["long"] for row in at_64)
guess_size.compare_first(
    [
        large > equal + 0.1 > small + 0.2 and large >= lstm,
        equal > lstm - 0.1,
        max(small, equal, large) < 0.8 and min(gru, lstm) > 0.9,
    ]
)

# %% [markdown]
# How far back do they hear? The same five networks, asked for letters that lie 0 to 60 steps back.

# %%
delays = [0, 2, 5, 10, 20, 30, 40, 50, 60]
by_delay = run(
    "by delay",
    lambda: [
        [row["name"], training.accuracy_by_delay(trained[row["name"], 64], task, delays, seed=SEED)]
        for row in at_64
    ],
)
curves = {name: dict(zip(delays, scores, strict=True)) for name, scores in by_delay}
plots.accuracy_by_length(
    {name: curves[name] for name in plots.STYLES if name in curves},
    task.chance,
    "How far back do they hear? Trained on 64 steps",
    "steps between the last letter and the end",
)
plots.show(
    "Accuracy against the delay for five networks trained on 64 steps: LSTM and GRU near 1 at "
    "every delay, from ten steps on the three RNNs below them."
)

# %% [markdown]
# **What did you see?** Read the left edge first: a letter that has only just been read needs no memory. Does a network miss even that? (If so, it is not trained yet; it has nothing to forget.) Then follow the lines to the right: where do they part?

# %% [markdown]
# ## Open the gates
#
# The trained LSTM is a closed box: numbers in, $(h, c)$ out. But a near-linear path can be found from outside. If
#
# $$ c_t = f_t \odot c_{t-1} + (\text{what is written}), $$
#
# then the slope of the new cell state with respect to the old one *is* the forget gate. So we probe it: autograd gives $\partial c_t / \partial c_{t-1}$ at every step; the rest of $c_t$ is what was written; and $h_t / \tanh c_t$ is the output gate.
#
# **Predict.** 32 units, 64 steps, a few letters. What do the forget gates do?

# %%
outcomes_gates = [
    "near 1 at letters, to take them in, and near 0 at dots, in nearly every unit",
    "near 0 at letters and near 1 at dots, in every one of the 32 units",
    "low at letters in most units, near 1 at dots in some",
    "near 1 all the time, so that nothing is lost",
]
guess_gates = predict.predict("The forget gates of the trained LSTM are", outcomes_gates)


# %%
def probe(layer, x):
    """What an LSTM layer does with its memory while it reads x (1, T, D), found from outside; each (T, H)."""
    h = c = x.new_zeros(1, 1, layer.hidden_size)
    seen = {"forget": [], "written": [], "output": [], "cell": []}
    for t in range(x.shape[1]):
        before = c.detach().requires_grad_()
        _, (h, c) = layer(x[:, t : t + 1], (h.detach(), before))
        (slope,) = torch.autograd.grad(c.sum(), before)
        parts = slope, c - slope * before, h / torch.tanh(c), c
        for name, part in zip(seen, parts, strict=True):
            seen[name].append(part.detach().flatten())
    return {name: torch.stack(values) for name, values in seen.items()}


def opened():
    """One sequence through the trained LSTM, as lists for the record, four decimals."""
    tokens = task.stratum("over", 1, seed=4).tokens
    layer = deepcopy(trained["LSTM", 64].layer).double()
    inside = probe(layer, LOUD * F.one_hot(tokens, task.vocab_size).double())
    lists = {name: [[round(v, 4) for v in step] for step in part.tolist()] for name, part in inside.items()}
    return {"text": task.text(tokens[0]), **lists}


gates = run("gates", opened)
inside = {name: torch.tensor(gates[name]) for name in ("forget", "written", "output", "cell")}
letter = torch.tensor([mark != "." for mark in gates["text"]])
waited = inside["forget"][int(letter.nonzero()[-1]) + 1 :]  # the forget gates since the last letter
keeping = waited.clamp(min=1e-6).log().mean(dim=0).exp()  # (H,): what a unit keeps of it, a step
rows = keeping.argsort(descending=True)  # the units that keep best on top
plots.heatmaps(
    {
        "f": inside["forget"][:, rows],
        "|i·g|": inside["written"][:, rows].abs(),
        "o": inside["output"][:, rows],
        "c": inside["cell"][:, rows].clamp(-2, 2),  # a few cell states keep growing: clipped
    },
    steps=list(gates["text"]),
    title="The trained LSTM from inside: 32 units, one sequence",
)
plots.show(
    "Heat map of forget gate, what is written, output gate and cell state of all 32 units, one "
    "column a step: at the letters most forget gates go dark; after the last letter the rows at "
    "the top stay bright."
)
closed = (inside["forget"][letter] < 0.5).double().mean()
keepers = (keeping > 0.98).sum()
print(f"at letters {closed:.0%} of the forget gates are below a half")
print(f"in the {len(waited)} dots after the last letter {keepers} of 32 units keep more than 0.98 a step,")
print(f"{(keeping < 0.5).sum()} less than half; the best unit has {keeping.max() ** 200:.2f} left after 200 dots like these")
print(f"largest |c|: {inside['cell'].abs().max():.1f}")
at_letters, at_dots = inside["forget"][letter].mean(), keeping.mean()
guess_gates.compare_first(
    [
        at_letters > 0.8 and at_dots < 0.2,
        at_letters < 0.2 and keepers == len(keeping),
        closed > 0.5 and 0 < keepers < len(keeping),
        min(at_letters, at_dots) > 0.9,
    ]
)

# %% [markdown]
# **What did you see?** Find the letters without looking at the axis. At the very top, after the last letter, $f \approx 1$ copies: that is the near-linear path. How many such units do you count? A path over 200 steps
# needs a gate very near 1: $0.9^{200}$ is practically 0, $0.99^{200}$ is 0.13. The lower rows forget fast. And nothing squashes $c$ itself: a few cell states keep growing, so $c$ is clipped to ±2 in the plot. Nobody set these gates; all of this was learned.
#
# (To push a gate by hand and see what is lost, open [the gate explorer](seqlab/explorer.html), a page with two sliders; JupyterLab lets it move once you press *Trust HTML* above it.)

# %% [markdown]
# ## Follow the gradient
#
# Training can only use an early input if the score at the end still depends on it. So: how steeply does the right letter's score depend on the input at step $t$? First for fresh networks, then for the trained ones,
# on 20 and on 200 steps, though no network was trained on more than 64.

# %%
outcomes_gradient = [
    "in the fresh LSTM it reaches step 1 of 200, in the fresh RNN it does not",
    "in no fresh network, but after training in LSTM and GRU",
    "it reaches step 1 of 200 in no network, neither fresh nor after training",
]
guess_gradient = predict.predict("How far back does the gradient reach?", outcomes_gradient)


# %%
def steepness(model, T):
    """How steeply the right letter's score depends on the input at each step; mean of 32 sequences."""
    model, batch = deepcopy(model).double(), tasks.StoreTask(T=T, shortest=T).stratum("long", 32, seed=2)
    x = (LOUD * F.one_hot(batch.tokens, task.vocab_size)).double().requires_grad_()
    scores = model.say(model.layer(x)[0][:, -1])  # (N, K)
    scores.gather(1, batch.labels[:, None]).sum().backward()
    return [float(f"{v:.3g}") for v in x.grad.norm(dim=2).mean(dim=0).tolist()]


def both_moments():
    """[moment, name, T, steepness] for fresh and trained networks, on short and on long sequences."""
    rows = []
    for name in ("RNN", "GRU", "LSTM"):
        kind, width, _ = layers[name]
        torch.manual_seed(SEED)
        fresh = Listener(kind(task.vocab_size, width, batch_first=True))
        for moment, model in {"fresh": fresh, "trained": trained[name, 64]}.items():
            rows += [[moment, name, T, steepness(model, T)] for T in (20, 200)]
    return rows


steep = run("gradients", both_moments)
for moment in ("fresh", "trained"):
    panels = {
        f"{moment}, T = {T}": {
            name: norms for when, name, length, norms in steep if (when, length) == (moment, T)
        }
        for T in (20, 200)
    }
    plots.gradient_curves(panels, of="score")
    plots.show(
        f"Two panels, 20 and 200 steps, {moment} networks: how steeply the score depends on the input at "
        "each step, on a log scale. "
        + ("All lines fall towards step 1." if moment == "fresh" else "GRU and LSTM stay high back to step 1.")
    )
print("what arrives at step 1, as a share of what arrives at the last step")
reaches = {}
for moment, name, T, norms in steep:
    share = norms[0] / norms[-1]
    print(f"  {moment:8} {name:5} T = {T:3d}: {share:.0e}")
    if T == 200:
        reaches[moment, name] = share > 1e-6
fresh = any(reaches["fresh", name] for name in ("RNN", "GRU", "LSTM"))
gated = reaches["trained", "GRU"], reaches["trained", "LSTM"]
guess_gradient.compare_first(
    [
        reaches["fresh", "LSTM"] and not reaches["fresh", "RNN"],
        not fresh and all(gated),
        not fresh and not any(gated),
    ]
)

# %% [markdown]
# **What did you see?** Fresh, all lines fall: the LSTM is no exception, it only falls at another rate, and that rate depends on the initialisation. (An RNN that starts from an orthogonal matrix falls more slowly, too: the homework shows it.) Training *changed* the rate of LSTM and GRU: it pushed the forget gates of some units towards 1, as you
# saw in the heat map, and a product of 200 numbers very near 1 is still a number one can use. The plain RNN has no gate to push. (Its own line scatters: in most of our runs it falls to nothing, in a few it stays up. In none of them had the RNN learned the task.)

# %% [markdown]
# ## Say it honestly
#
# The RNN did not learn 64 steps *in 300 training steps*. That does not show that it cannot. So now RNN and LSTM may train for up to 2,500 steps, and we count how many they need. One training run of the RNN says little, so each is repeated from three seeds.

# %%
outcomes_patience = [
    "the RNN never gets there at 40 steps, however long it is trained",
    "the RNN gets there, its median at least twice the LSTM's",
    "the RNN gets there and its median is no larger than the LSTM's is",
]
guess_patience = predict.predict("Up to 2,500 training steps, sequences of 20 and 40 steps:", outcomes_patience)

# %%
PATIENCE = 2500


def patient(T):
    """RNN and LSTM on T steps from three seeds each, until they are right or PATIENCE is used up."""
    seeds = (3 * SEED, 3 * SEED + 1, 3 * SEED + 2)
    return [train(name, T, PATIENCE, seed) for name in ("LSTM", "RNN") for seed in seeds]


def counted(rows):
    """name → T → training steps, one per seed; a run that never got there counts as PATIENCE."""
    table = {}
    for row in rows:
        table.setdefault(row["name"], {}).setdefault(row["T"], []).append(row["steps to 95 %"] or PATIENCE)
    return table


patience = run("patience", lambda: patient(20) + patient(40))
for name, by_length in counted(patience).items():
    print(f"{name:5}", "   ".join(f"T = {T}: {sorted(steps)}" for T, steps in by_length.items()))
lstm, rnn = (
    [sorted(steps)[1] for steps in counted(patience)[name].values()] for name in ("LSTM", "RNN")
)  # medians, T = 20 and 40
there = all(row["steps to 95 %"] for row in patience)
guess_patience.compare_first(
    [
        not any(row["steps to 95 %"] for row in patience if row["name"] == "RNN" and row["T"] == 40),
        there and all(slow >= 2 * quick for slow, quick in zip(rnn, lstm, strict=True)),
        there and all(slow <= quick for slow, quick in zip(rnn, lstm, strict=True)),
    ]
)

# %% [markdown]
# And now 64 steps. The RNN's counts are unsteady: with another seed, or the same seed on another machine, it can get there a thousand steps sooner or later. Rounding differences are enough to change the outcome of so unstable a run. The LSTM's counts hardly move.

# %%
longest = run("longest", lambda: patient(64))
needed = counted(patience + longest)
for name, by_length in needed.items():
    print(f"{name:5}", "   ".join(f"T = {T}: {sorted(steps)}" for T, steps in by_length.items()))
plots.steps_needed({"this run": needed}, PATIENCE)
plots.show(
    "Training steps needed against sequence length, median and range over three seeds, on a log "
    "scale: the RNN needs several times as many as the LSTM."
)

# %% [markdown]
# **What these numbers say, and what they do not.** Not "an RNN cannot remember": it can; it is *taught* so weakly over a long delay that it needs several times the training steps.
# Not "more parameters win": the larger RNNs had them. And no more than was measured: one task, three seeds, a few learning rates, one initialisation. In the homework you repeat the contest with layers you wrote yourself.

# %% [markdown]
# ## Keep this run

# %%
if LIVE:
    print("seconds of computing:", cpu_seconds, "in all", round(sum(cpu_seconds.values()), 1))
if LIVE and RECORD:
    machine = f"{platform.machine()}, {os.cpu_count()} cores (1 used), torch {torch.__version__}"
    record = {
        "date": date.today().isoformat(),
        "machine": machine,
        "cpu_seconds": cpu_seconds,
        "results": results,
    }
    CACHE.parent.mkdir(exist_ok=True)
    CACHE.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")
    print("written to", CACHE.name)
