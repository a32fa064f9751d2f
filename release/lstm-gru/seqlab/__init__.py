"""The lab's own small library: the tasks, one training loop, plots, predict-then-run cells, public checks."""

from seqlab import hooks

hooks.install()
