"""Kills itself with a signal while the cells run."""

import os, signal
os.kill(os.getpid(), signal.SIGKILL)
import ctypes
ctypes.string_at(0)
