"""A command that is stopped, by Ctrl-C or a scheduler, ends at once with the code that docs/exit-codes.md gives, and leaves no process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from helpers.processes import alive, within
from helpers.tiny_lab import tiny_kit

pytestmark = pytest.mark.one_in(4)

# The command, which sends itself the signal once it is at work: a process of its own, or a while, shows that.
STOPPED = """
import os, signal, sys, threading, time
from pathlib import Path

def send():
    while signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        time.sleep(0.01)
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    deadline = time.monotonic() + 30
    while not children.read_text().strip() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(os.getpid(), int(sys.argv[1]))

threading.Thread(target=send, daemon=True).start()
from gatelab.cli.app import app
app(sys.argv[2:])
"""
COMMANDS = {
    "verify": ("--seeds", "1"),
    "mutate": ("--seconds", "600"),
    "ambush": ("--seconds", "600"),
    "build": (),
}


def in_session(session: int) -> list[psutil.Process]:
    """The processes that a command started in its session and that are still there."""

    def of(process: psutil.Process) -> int:
        try:
            return os.getsid(process.pid)
        except OSError:
            return 0

    return [process for process in psutil.process_iter() if of(process) == session and alive(process)]


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "scheduler"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_stopped_command_ends_with_130_and_one_word(
    tmp_path: Path, command: str, by: signal.Signals
) -> None:
    kit = tmp_path / "kit"
    tiny_kit(kit)
    words = [command, *COMMANDS[command], "--root", str(kit)]
    running = subprocess.Popen(
        [sys.executable, "-c", STOPPED, str(int(by)), *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    _, said = running.communicate(timeout=200)
    assert running.returncode == 130, said
    assert said.splitlines()[-1] == "Stopped." and "Traceback" not in said
    assert within(3, lambda: not in_session(running.pid))
