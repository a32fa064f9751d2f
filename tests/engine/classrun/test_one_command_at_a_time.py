"""Two commands in one output folder: the second says so and stops, and the lock dies with whoever held it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from gatelab.classrun.lock import locked
from helpers.command import gatelab
from helpers.processes import everything, within
from helpers.tiny_class import Tiny
from helpers.tiny_lab import RIGHT

COMMAND = str(Path(sys.executable).with_name("gatelab"))
# Holds the lock as a command does, with a child that outlives it.
HOLDER = (
    "import subprocess, sys, time; from pathlib import Path; from gatelab.classrun.lock import locked\n"
    "with locked(Path(sys.argv[1])):\n"
    "    child = subprocess.Popen(['sleep', '300'])\n"
    "    print(child.pid, flush=True)\n"
    "    time.sleep(300)\n"
)


def test_a_second_command_is_refused_and_changes_nothing_until_the_first_is_killed(tiny: Tiny) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tiny.out)], stdout=subprocess.PIPE, text=True
    )
    child = int(holder.stdout.readline())
    try:
        before = {path: path.read_bytes() for path in tiny.out.rglob("*") if path.is_file()}
        for words in (
            ["grade", tiny.folder],
            ["regrade", tiny.folder],
            ["mark", "ada", "q1", "1", "--why", "x"],
            ["comment", "ada", "x"],
        ):
            # The first is at work for longer than the second may take.
            done = subprocess.run(
                [COMMAND, *words, "-o", tiny.out, "--root", tiny.kit],
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert (done.returncode, done.stdout) == (2, ""), (words, done.stdout + done.stderr)
            assert done.stderr == (
                f"{tiny.out}: another gatelab command is at work in this folder; wait until it has ended, or choose another -o.\n"
            ), words
        assert {path: path.read_bytes() for path in tiny.out.rglob("*") if path.is_file()} == before
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        said = tiny.grade()
        assert said.exit_code == 0 and "another gatelab command" not in said.output
    finally:
        holder.kill()
        os.kill(child, signal.SIGKILL)


def test_unfinished_files_of_a_killed_command_are_removed(tiny: Tiny) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = [tiny.out / f".writing-{dead.pid}-0123abcd", tiny.out / "earlier" / f".writing-{dead.pid}"]
    half = tiny.out / "earlier" / f".run-2026-11-26T07-00-00-{dead.pid}"
    kept = [
        tiny.out / f".writing-{os.getpid()}-0123abcd",
        tiny.out / ".writing-notes",
        tiny.out / "reports" / ".writing-",
    ]
    for path in left + kept:
        path.write_text("half of a")
    (half / "reports").mkdir(parents=True)
    assert tiny.grade().exit_code == 0
    assert not any(path.exists() for path in [*left, half]) and all(path.exists() for path in kept)
    for path in kept:
        path.unlink()


def test_a_grading_run_holds_the_lock_and_its_processes_do_not(tiny: Tiny) -> None:
    # At work for as long as the other command needs to look.
    tiny.hand_in("dora", "import time\ntime.sleep(600)\n" + RIGHT["q1"], RIGHT["q2"])
    first = subprocess.Popen(
        [COMMAND, "grade", tiny.folder, "-o", tiny.out, "--root", tiny.kit, "--jobs", "1", "--fresh"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        # It has processes only once it has the lock; one that asked before would take the lock itself and turn it away.
        assert within(60, lambda: bool(everything(psutil.Process(first.pid))))
        assert "at work in this folder" in tiny.gatelab("mark", "ada", "q1", "x", "--why", "x").stderr
        # What it starts has its own descriptors: when it is killed, the folder is free at once.
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert "at work in this folder" not in tiny.gatelab("mark", "ada", "q1", "x", "--why", "x").stderr
    finally:
        first.kill()


def test_who_only_reads_is_told_that_another_is_at_work(tiny: Tiny) -> None:
    said = f"{tiny.out}: another gatelab command is at work in this folder; the results here are those from before it.\n"
    reading = (["export", "csv", tiny.out], ["show", "ada", "-o", tiny.out], ["why", "ada", "-o", tiny.out])
    for words in reading:
        assert said not in gatelab(*words).stderr
    with locked(tiny.out):
        for words in reading:
            assert said in gatelab(*words).stderr, words
