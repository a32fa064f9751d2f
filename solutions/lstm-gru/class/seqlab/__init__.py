"""The lab's own small library: the tasks, one training loop, plots, predict-then-run cells, public checks."""

from seqlab import asking, device, order, progress, runs

runs.listen()
progress.listen()
order.install()
asking.install()
device.install()
