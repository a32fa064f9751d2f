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
# # Softmax and cross-entropy
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({{COLAB_URL}})
#
# A classifier gives a row of $K$ scores, the *logits*, for each example. Here you turn them into probabilities, and
# the probabilities into the number that training makes small. The questions give {{POINTS}} points together.

# %%
import torch

# %% tags=["experiment"]
import otter

import softmax_lab

grader = otter.Notebook(tests_dir="tests")  # whatever this notebook is called

# %% [markdown]
# ## q1 · Softmax ({{POINTS q1}} points)
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# Write it for a batch of rows, `logits (N, K)`. Large logits must not overflow: $p$ stays the same when a number is
# taken from all logits of a row.

# %% nbgrader={"grade_id": "q1-solution", "solution": true}
def softmax(logits):
    """Probabilities (N, K), each row adding up to 1, of logits (N, K)."""
    # BEGIN SOLUTION
    shifted = logits - logits.max(dim=1, keepdim=True).values
    powers = shifted.exp()
    return powers / powers.sum(dim=1, keepdim=True)
    # END SOLUTION


# %% nbgrader={"grade_id": "q1", "grade": true, "locked": true}
grader.check("q1")

# %% [markdown]
# ## q2 · Cross-entropy ({{POINTS q2}} points)
#
# The loss of a batch is the mean, over its rows, of $-\log p_y$, where $y$ is the row's right class. Use your `softmax`.

# %% nbgrader={"grade_id": "q2-solution", "solution": true}
def cross_entropy(logits, labels):
    """The mean loss, a tensor without dimensions, of logits (N, K) and right classes (N,), int64."""
    # BEGIN SOLUTION
    of_the_right = softmax(logits)[torch.arange(len(labels)), labels]
    return -of_the_right.log().mean()
    # END SOLUTION


# %% nbgrader={"grade_id": "q2", "grade": true, "locked": true}
grader.check("q2")
