"""What a lab's package does when it is imported: note the notebook's runs, and put right what otter says and where it computes."""

from __future__ import annotations

from . import check_names, device, natural_order, progress, runs


def install() -> None:
    """Install all of it. May be called again, since a notebook may import the package before otter."""
    runs.listen()
    progress.listen()
    natural_order.install()
    check_names.install()
    device.install()
