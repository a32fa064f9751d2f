"""What the lab's code sets and PyTorch's layers read, for `make unused`."""

from types import SimpleNamespace

others = SimpleNamespace()
others.batch_first  # noqa: B018  # read by nobody who runs this file; vulture only looks at it
