"""What the notebook and its checks import."""

from . import hooks

hooks.install()
