"""What a submission's code cannot do, tried from inside a real worker."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from gatelab.confine import PIECES, REQUIRED, ProtectionMissing, check
from gatelab.examiner.forkserver import ForkServer
from gatelab.examiner.workers import ConfinedWorkers
from gatelab.lab import Lab
from gatelab.notebook import CodeCell
from gatelab.suite.student import WorkerLost

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def server(lab: Lab) -> Iterator[ForkServer]:
    with ForkServer(lab.assignment / "seqlab") as server:
        yield server


@pytest.fixture
def workers(lab: Lab, server: ForkServer) -> Iterator[ConfinedWorkers]:
    workers = ConfinedWorkers(lab, [CodeCell(0, "import torch")], server.client, server.library)
    yield workers
    workers.shut()


@pytest.fixture
def inside(workers: ConfinedWorkers) -> Run:
    """Run a function body in a question's worker and return its value, or the type of what it raised."""

    def run(body: str, seconds: float = 20, **values: Any) -> Any:
        lines = "\n".join("    " + line for line in body.splitlines())
        backend = workers.open(workers.lab.questions["q1"], set(), time.monotonic() + seconds)
        source = f"def main(ns, {', '.join(values)}):\n{lines}\n"
        try:
            answer = backend.request({"op": "run", "arguments": {"source": source, "values": values}})
        finally:
            workers.close(backend)
        return answer["error"]["type"] if "error" in answer else answer["value"]

    return run


def test_every_piece_of_protection_is_on_here_and_named(inside: Run, workers: ConfinedWorkers) -> None:
    inside("return 1")
    assert workers.protection == dict.fromkeys(PIECES, True)


@pytest.mark.parametrize("piece", REQUIRED)
def test_a_missing_piece_is_named_in_one_line_with_the_flag(piece: str) -> None:
    with pytest.raises(ProtectionMissing) as error:
        check(dict.fromkeys(PIECES, True) | {piece: False})
    message = str(error.value)
    assert piece in message and "--accept-missing-protection" in message and "\n" not in message


def test_files_outside_cannot_be_read(inside: Run, lab: Lab, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    for path in (
        secret, lab.hidden / "test_q1_lstm_step.py", lab.hidden / "reference" / "q1.py", lab.assignment / "lab.py",
        Path("/etc/passwd"), Path("/proc/1/environ"), Path("/proc/self/maps"), Path("/dev/shm"),
    ):  # fmt: skip
        assert (
            inside(
                f"import os\nreturn os.listdir({str(path)!r}) if os.path.isdir({str(path)!r}) else open({str(path)!r}).read()"
            )
            == "PermissionError"
        ), path


def test_the_standard_library_can_be_imported_wherever_the_interpreter_lies(inside: Run) -> None:
    assert inside("import statistics, encodings.idna, wave\nreturn statistics.mean([1, 3])") == 2


def test_nothing_outside_its_own_folder_can_be_written(inside: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for place in (tmp_path, Path("/tmp"), Path("/dev/shm"), Path("/var/tmp")):
        assert inside(f"open({str(place / 'x')!r}, 'w').write('x')") == "PermissionError", place


def test_its_own_folder_can_be_written_and_is_small(inside: Run) -> None:
    assert inside("open('x.txt', 'w').write('abc')\nreturn open('x.txt').read()") == "abc"
    fill = "for n in range(40):\n    with open(f'f{n}', 'wb') as f:\n        f.write(bytes(8 << 20))"
    assert inside(fill) == "OSError"


def test_a_file_larger_than_the_limit_is_refused(inside: Run) -> None:
    assert inside("open('big', 'wb').write(bytes(32 << 20))") == "OSError"


def test_the_network_cannot_be_reached(inside: Run) -> None:
    assert inside("import socket\nsocket.create_connection(('127.0.0.1', 22), 1)") in (
        "PermissionError",
        "OSError",
    )


def test_no_program_can_be_started(inside: Run) -> None:
    assert inside("import subprocess\nsubprocess.run(['/bin/true'])") == "PermissionError"


def test_it_is_not_root_and_cannot_become_it(inside: Run) -> None:
    assert inside("import os\nreturn [os.getuid(), os.geteuid(), os.getgid()]") != [0, 0, 0]
    assert inside("import os\nos.setuid(0)") == "PermissionError"


def test_no_other_process_can_be_seen_or_signalled(inside: Run) -> None:
    assert inside(f"import os\nos.kill({os.getpid()}, 0)") in ("ProcessLookupError", "PermissionError")
    assert inside("import os\nreturn os.getppid()") in (0, 1)


def test_ptrace_is_refused(inside: Run) -> None:
    assert (
        inside("import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nreturn libc.ptrace(0, 0, 0, 0)")
        == -1
    )


def test_the_environment_holds_nothing_of_the_graders(inside: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATELAB_SECRET", "42")
    names = inside("import os\nreturn sorted(os.environ)")
    assert "GATELAB_SECRET" not in names and len(names) < 12


def test_no_descriptor_but_its_own_is_open(inside: Run) -> None:
    body = (
        "import os\nopen_ones = []\nfor n in range(256):\n    try:\n        os.fstat(n)\n        open_ones.append(n)\n"
        "    except OSError:\n        pass\nreturn open_ones"
    )
    assert len(inside(body)) <= 5  # standard streams, its line, its parent's line


def test_the_memory_holds_no_test_no_reference_and_no_chaff(inside: Run) -> None:
    names = inside(
        "import sys\nreturn sorted(n for n in sys.modules if n.startswith('gatelab') or n in ('pytest', 'tests'))"
    )
    ours = ("gatelab.confine", "gatelab.worker")
    assert [name for name in names if name != "gatelab" and not name.startswith(ours)] == []


def test_memory_beyond_the_limit_is_an_error_and_not_the_end(inside: Run) -> None:
    assert inside("import torch\ntorch.ones(1 << 29, dtype=torch.float64)") == "RuntimeError"
    assert inside("return bytearray(4 << 30)") == "MemoryError"


def test_the_number_of_processes_is_limited(inside: Run) -> None:
    body = (
        "import os, time\nn = 0\ntry:\n    while n < 500:\n        if os.fork() == 0:\n            time.sleep(60)\n"
        "            os._exit(0)\n        n += 1\nexcept OSError:\n    pass\nreturn n"
    )
    assert inside(body) < 100


def test_nothing_of_a_submission_runs_after_it_was_shut(lab: Lab, server: ForkServer) -> None:
    daemon = (
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        if os.fork() == 0:\n            import signal\n"
        "            signal.signal(signal.SIGTERM, signal.SIG_IGN)\n            time.sleep(600)\n        os._exit(0)\n"
    )
    before = {p.pid for p in psutil.Process(server.process.pid).children(recursive=True)}
    workers = ConfinedWorkers(lab, [CodeCell(0, daemon)], server.client, server.library)
    workers.load()
    during = {p.pid for p in psutil.Process(server.process.pid).children(recursive=True)} - before
    workers.shut()
    assert len(during) >= 4
    for _ in range(100):
        alive = [pid for pid in during if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
        if not alive:
            break
        time.sleep(0.02)
    assert not alive


def test_an_endless_call_ends_at_its_time_and_says_so(lab: Lab, server: ForkServer) -> None:
    workers = ConfinedWorkers(
        lab, [CodeCell(0, "def f():\n    while True: pass")], server.client, server.library
    )
    backend = workers.open(lab.questions["q1"], set(), time.monotonic() + 1)
    call = {"target": "f", "method": None, "args": (), "kwargs": {}, "upstream": None, "parameters": False}
    started = time.monotonic()
    with pytest.raises(WorkerLost, match="did not finish"):
        backend.request({"op": "call", "arguments": call})
    assert time.monotonic() - started < 10
    workers.close(backend)
    workers.shut()


def test_forty_workers_in_a_row_give_their_first_lstm_result(lab: Lab, server: ForkServer) -> None:
    body = "def main(ns):\n    import torch\n    layer = torch.nn.LSTM(3, 4)\n    layer(torch.ones(5, 2, 3))[0].sum().backward()\n    return 1"
    for _ in range(40):
        workers = ConfinedWorkers(lab, [], server.client, server.library)
        backend = workers.open(lab.questions["q1"], set(), time.monotonic() + 20)
        assert backend.request({"op": "run", "arguments": {"source": body, "values": {}}})["value"] == 1
        workers.close(backend)
        workers.shut()


def test_what_a_question_started_goes_with_it(lab: Lab, server: ForkServer) -> None:
    bomb = (
        "import os, time\ndef f():\n    for _ in range(20):\n        if os.fork() == 0:\n            while True: pass\n"
        "    while True: pass"
    )
    workers = ConfinedWorkers(lab, [CodeCell(0, bomb)], server.client, server.library)
    backend = workers.open(lab.questions["q1"], set(), time.monotonic() + 1)
    call = {"target": "f", "method": None, "args": (), "kwargs": {}, "upstream": None, "parameters": False}
    with pytest.raises(WorkerLost):
        backend.request({"op": "call", "arguments": call})
    workers.close(backend)
    for _ in range(100):
        below = psutil.Process(server.process.pid).children(recursive=True)
        alive = [p.pid for p in below if psutil.pid_exists(p.pid) and p.status() != "zombie"]
        if len(alive) <= 2:
            break
        time.sleep(0.05)
    assert len(alive) <= 2, "only the warden and the loaded notebook should be left"
    workers.shut()
