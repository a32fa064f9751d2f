"""What a submission's code cannot do, tried from inside a real worker."""

from __future__ import annotations

import ctypes
import errno
import itertools
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import confinement
import landlockpy
import psutil
import pyseccomp
import pytest
from typer.testing import CliRunner

from gatelab.audit.notebooks import write_notebook
from gatelab.cli.app import app
from gatelab.grading.engine import Engine
from gatelab.grading.workers import ConfinedWorkers
from gatelab.lab.spec import Lab
from gatelab.sandbox.confine import PIECES, REQUIRED, ProtectionMissing, calls, check, pieces
from gatelab.sandbox.confine.apply import USERS, Settings, gives, lacking
from gatelab.sandbox.forkserver import ForkServer
from gatelab.sandbox.lost import WorkerLost
from gatelab.sandbox.process import WorkerProcess
from gatelab.submission.notebook import CodeCell

Run = Callable[..., Any]
MEMORY = 700 << 20  # bytes that a test may fill


@pytest.fixture(scope="module")
def server(lab: Lab) -> Iterator[ForkServer]:
    with ForkServer(lab.assignment / "seqlab", lab.policy.preload) as server:
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
def test_a_missing_piece_is_named_in_one_line_with_the_flag_and_with_what_the_machine_lacks(
    piece: str,
) -> None:
    with pytest.raises(ProtectionMissing) as error:
        check(dict.fromkeys(PIECES, True) | {piece: False}, lacks=["libseccomp is not installed"])
    message = str(error.value)
    assert (
        f"(missing: {piece})" in message
        and f"say --accept-missing {piece} if" in message
        and "\n" not in message
    )
    assert "Libseccomp is not installed. " in message and error.value.missing == (piece,)


@pytest.mark.parametrize("level", range(8))
@pytest.mark.parametrize("namespaces", [True, False])
@pytest.mark.parametrize("filtered", [True, False])
@pytest.mark.parametrize("alone", [True, False])
def test_a_refusal_names_what_would_give_the_piece_and_nothing_else(
    level: int, namespaces: bool, filtered: bool, alone: bool
) -> None:
    given = gives(namespaces, level, filtered, alone)
    on = dict.fromkeys(PIECES, True) | given
    said = lacking(
        on, on, "" if filtered else "no filter", "" if level else "no Landlock", namespaces, level, alone
    )
    off = {piece for piece, is_on in on.items() if not is_on}
    assert bool(said) == bool(off)
    for word, other in (
        ("no filter", gives(namespaces, level, True, alone)),
        ("namespaces are refused", gives(True, level, filtered, alone)),
    ):
        if any(other[piece] and not given[piece] for piece in off & set(REQUIRED) or off):
            assert word in said, (said, off)
    off = off & set(REQUIRED) or off
    assert any("signals take 6" in one for one in said) == ("signals" in off and 0 < level < 6)
    assert ("no Landlock" in said) == (level == 0)  # files need it, whatever else there is
    if namespaces and alone:
        assert said == ([] if level else ["no Landlock"]) or off == {"calls"}


def test_what_is_missing_is_accepted_by_its_name_and_nothing_else_with_it() -> None:
    off = dict.fromkeys(PIECES, True) | {"files": False, "network": False, "calls": False, "disk": False}
    with pytest.raises(ProtectionMissing, match=r"\(missing: network\)"):
        check(off, accepted=["files"])
    check(off, accepted=["files", "network"])
    assert pieces(["files", "network", "files"]) == ("files", "network")
    for all_at_once in (True, "files", ["all"], ["disk"], [""], None):
        with pytest.raises(ValueError, match="files, network, processes, signals, limits, user"):
            pieces(all_at_once)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--accept-missing-protection"], "No such option"),
        (["--accept-missing", "all"], "'all' is no piece"),
        (["--accept-missing", "calls"], "'calls' is no piece"),
        (["--accept-missing"], "requires an argument"),
    ],
)
@pytest.mark.parametrize("command", ["grade", "zip"])
def test_the_command_takes_pieces_by_name_only(
    command: str, words: list[str], said: str, tmp_path: Path
) -> None:
    given = [str(tmp_path), "-o", str(tmp_path / "out")] if command == "grade" else ["-o", str(tmp_path)]
    done = CliRunner().invoke(app, [command, *given, *words], env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2 and said in done.output, done.output


def test_an_engine_refuses_or_grades_by_what_was_accepted(lab: Lab, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "lab.ipynb", lab, {})
    for accepted, refused in (((), "files, network"), (("files",), "network"), (("files", "network"), "")):
        engine = Engine(lab, accept_missing=accepted)
        engine.pretended = {"landlock": 0, "without": ["namespaces", "seccomp"]}
        if refused and os.geteuid() == 0:
            with (
                pytest.raises(ProtectionMissing, match=rf"\(missing: {refused}\).*[Ss]eccomp is not used"),
                engine,
            ):
                pass
    engine = Engine(lab, accept_missing=REQUIRED)
    engine.pretended = {"landlock": 0, "without": ["namespaces", "seccomp"]}
    with engine:
        report = engine.grade(path, questions=["q1"])
    assert report.question("q1").points == 10 and report.protection["files"] is False


def test_a_missing_libseccomp_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyseccomp")
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    real = ctypes.CDLL

    def missing(name: str | None, *words: Any, **more: Any) -> ctypes.CDLL:
        if name is not None and "seccomp" in str(name):
            raise OSError(f"{name}: cannot open shared object file")
        return real(name, *words, **more)

    monkeypatch.setattr("ctypes.CDLL", missing)
    assert calls.forbid() == "libseccomp is not installed (Debian and Ubuntu: apt-get install libseccomp2)"


# On a machine that has less (tests/confinement.py): what is on, and what a notebook that looks for a way out reaches.

MEANS = {
    "read": "files",
    "write": "files",
    "network": "network",
    "socket": "network",
    "signals": "signals",
    "root": "user",
}


def tried(who: str) -> dict[str, Any]:
    before = " ".join(confinement.WHO[who][0])
    if before not in TRIED:
        try:
            TRIED[before] = confinement.tried_by(who)
        except confinement.CannotTry as why:
            pytest.skip(str(why))
    return TRIED[before]


TRIED: dict[str, dict[str, Any]] = {}


@pytest.mark.parametrize("who", confinement.WHO)
@pytest.mark.timeout(300)
def test_what_is_on_is_what_security_md_says_and_what_is_on_holds(who: str) -> None:
    found = tried(who)
    for whose, filtered, level in confinement.combinations():
        if whose != who or level > landlockpy.abi_version():
            continue
        said = found[confinement.key(filtered, level, "namespaces" not in confinement.WHO[who][1])]
        assert said["on"] == confinement.expected(who, filtered, level), (filtered, level, said["lacks"])
        missing = {piece for piece, on in said["on"].items() if not on}
        reached = {MEANS[what] for what in said["reached"]} | ({"files"} if said["laid"] else set())
        assert reached <= missing, (filtered, level, said)


@pytest.mark.timeout(300)
def test_the_notebook_that_looks_for_a_way_out_finds_each_where_it_is_open() -> None:
    """Else the test above would find nothing."""
    found = tried("a user, namespaces refused")[confinement.key(False, 0, False)]
    assert set(found["reached"]) == {"read", "write", "network", "socket", "signals"} and found["laid"]


def test_the_table_in_security_md_is_that_of_the_engine() -> None:
    assert confinement.table() in confinement.PAGE.read_text(encoding="utf-8")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="takes root and setpriv")
@pytest.mark.parametrize("level", [1, 3, 4, 5])
def test_a_container_on_an_older_kernel_grades(lab: Lab, root: Path, tmp_path: Path, level: int) -> None:
    """Docker's capabilities, Landlock as before Linux 6.12: the whole engine."""
    path = write_notebook(tmp_path / "lab.ipynb", lab, {})
    script = f"""
from pathlib import Path
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
engine = Engine(Lab.in_repository(Path({str(root)!r})))
engine.pretended = {{"landlock": {level}}}
with engine:
    report = engine.grade(Path({str(path)!r}), questions=["q1", "q2"])
print(report.status, report.points, report.reason, [piece for piece, on in report.protection.items() if not on])
"""
    before, _ = confinement.WHO["root, a container's capabilities"]
    done = subprocess.run([*before, sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "graded 18.0 " + " ['disk']\n", done.stderr


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="takes root and setpriv")
def test_root_that_may_not_become_another_user_is_refused_by_name(lab: Lab, root: Path) -> None:
    script = f"from pathlib import Path\nfrom gatelab.grading.engine import Engine\nfrom gatelab.lab.spec import Lab\nwith Engine(Lab.in_repository(Path({str(root)!r}))): pass"
    done = subprocess.run(
        ["setpriv", "--inh-caps=-all", "--bounding-set=-all", sys.executable, "-c", script],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (
        "ProtectionMissing" in done.stderr
        and "the grader is root and may not become another user" in done.stderr
    )
    assert re.search(r"\(missing: .*limits, user\)", done.stderr), done.stderr


RACE = """
import contextlib, os
for _ in range(3):
    if os.fork() == 0:
        while True:
            with contextlib.suppress(OSError):
                LEAVE
            with contextlib.suppress(OSError):
                if os.fork():
                    os._exit(0)
os._exit(0)
"""


@pytest.mark.parametrize("leave", ["pass", "os.setsid()"])
@pytest.mark.parametrize("without", [(), ("namespaces",), ("namespaces", "seccomp")], ids=str)
def test_orphans_that_fork_on_end_with_the_worker_that_ended_by_itself(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch, leave: str, without: tuple[str, ...]
) -> None:
    if without and "seccomp" in without and os.geteuid() != 0:
        pytest.skip("only a user of their own tells such orphans from the grader's processes")
    monkeypatch.setattr("gatelab.sandbox.process.pretended", {"without": without})
    before = {p.pid for p in psutil.Process(server.process.pid).children(recursive=True)}
    for _ in range(5):
        worker = WorkerProcess(server.client, server.library)
        below = psutil.Process(server.process.pid).children(recursive=True)
        mine = {p.uids().real for p in below if p.pid not in before} & {*USERS}
        source = RACE.replace("LEAVE", leave)
        with pytest.raises(WorkerLost):
            worker.ask({"op": "cell", "source": source, "index": 0, "seconds": 10.0, "quick": False}, 10)
        worker.close()
        worker.output.close()
        users = [p.info["uids"].real for p in psutil.process_iter(["uids"]) if p.info["uids"]]
        assert len(mine) == (os.geteuid() == 0) and not mine & {*users}, (
            "nothing of the worker's user is left"
        )
        for _ in range(100):  # the warden has said that it is done, and goes
            left = {p.pid for p in psutil.Process(server.process.pid).children(recursive=True)} - before
            left = {
                pid for pid in left if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"
            }
            if not left:
                break
            time.sleep(0.02)
        assert left == set()


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
    assert inside("import subprocess\nsubprocess.Popen(['/bin/true'])") == "PermissionError"


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


CALLS = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def tried(number, *arguments):
    ctypes.set_errno(0)
    done = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments))
    return errno.errorcode.get(ctypes.get_errno(), 0) if done == -1 else 0
"""


def test_every_forbidden_call_is_refused_also_by_its_bare_number(inside: Run) -> None:
    native = pyseccomp.Arch.NATIVE
    numbers = {name: pyseccomp.resolve_syscall(native, name) for name in calls.FORBIDDEN}
    numbers = {name: number for name, number in numbers.items() if number >= 0} | calls.NUMBERS
    assert numbers.keys() >= {"chmod", "fchmodat2", "inotify_init", "io_setup", "memfd_secret", "statmount"}
    body = f"{CALLS}\nreturn {{n: tried(k, *[-1] * 6) for n, k in numbers.items()}}"
    answers = inside(body, numbers=numbers)
    assert {name: answer for name, answer in answers.items() if answer != "EPERM"} == {}


def test_no_other_process_is_slowed_or_limited(inside: Run) -> None:
    """Also where the grader is not root and has no user namespaces: then its processes are of the worker's user."""
    body = """
    import os, resource, signal
    child = os.fork()
    if child == 0:
        signal.pause()
    def refused(call, *arguments):
        try:
            call(*arguments)
        except PermissionError:
            return True
        return False
    own = refused(resource.prlimit, 0, resource.RLIMIT_CPU), refused(os.sched_setaffinity, 0, os.sched_getaffinity(0))
    others = (
        refused(resource.prlimit, child, resource.RLIMIT_CPU, (1, 1)),
        refused(os.sched_setaffinity, child, {0}),
        refused(os.sched_setscheduler, child, os.SCHED_IDLE, os.sched_param(0)),
        refused(os.setpriority, os.PRIO_USER, 0, 19),
    )
    os.kill(child, signal.SIGKILL)
    return [list(own), list(others)]
    """
    assert inside(body) == [[False] * 2, [True] * 4]


def test_calls_that_came_after_the_list_and_calls_of_other_architectures_do_not_exist(inside: Run) -> None:
    assert inside(f"{CALLS}\nreturn [tried(k) for k in (470, 480, 511)]") == ["ENOSYS"] * 3
    if platform.machine() == "x86_64":
        x32 = 0x40000000
        assert inside(f"{CALLS}\nreturn [tried({x32} + k) for k in (39, 90, 520)]") == ["ENOSYS"] * 3
        # getpid by the door of i386, `mov eax, 20; int 0x80; ret`
        body = (
            "import mmap, ctypes\ncode = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)\n"
            "code.write(bytes.fromhex('b814000000cd80c3'))\n"
            "at = ctypes.addressof(ctypes.c_char.from_buffer(code))\n"
            "return ctypes.CFUNCTYPE(ctypes.c_int)(at)()"
        )
        assert inside(body) == -errno.ENOSYS


@pytest.mark.parametrize("flag", calls.CLONE_NEW)
def test_no_namespace_can_be_made(inside: Run, flag: int) -> None:
    body = (
        f"{CALLS}\nimport os, signal\nclone = {{'x86_64': 56}}.get(os.uname().machine, 220)\n"
        "ctypes.set_errno(0)\npid = libc.syscall(clone, flag | signal.SIGCHLD, 0, 0, 0, 0)\n"
        "if pid == 0: os._exit(0)\nreturn [pid, errno.errorcode.get(ctypes.get_errno())]"
    )
    assert inside(body, flag=flag) == [-1, "EPERM"]
    assert inside(f"{CALLS}\nreturn tried(435, -1, 88)") == "ENOSYS"  # clone3


def test_no_mode_owner_time_or_attribute_of_a_file_can_be_changed(inside: Run) -> None:
    calls_of_os = (
        "os.chmod(place, 0)", "os.utime(place, (0, 0))", "os.setxattr(place, 'user.x', b'1')",
        "os.removexattr(place, 'user.x')", "os.chown(place, -1, -1)", "os.lchown(place, -1, -1)",
        "os.fchmod(os.open(place, 0), 0)", "os.utime(os.open(place, 0))",
    )  # fmt: skip
    for call in calls_of_os:
        body = f"import os\nplace = 'own'\nopen(place, 'w').close()\n{call}"
        assert inside(body) == "PermissionError", call


def test_no_memory_can_be_had_that_its_limit_does_not_count(inside: Run) -> None:
    assert inside("import mmap\nmmap.mmap(-1, 1 << 20)") == "PermissionError"
    assert inside("import os\nos.memfd_create('x')") == "PermissionError"
    assert inside("open('/dev/zero', 'rb')") == "PermissionError"  # mapped as shared, reading it takes room
    private = "import mmap\nreturn len(mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))"
    assert inside(private) == 1 << 20


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
    ours = ("gatelab.sandbox.confine", "gatelab.sandbox.worker")
    assert [name for name in names if name != "gatelab" and not name.startswith(ours)] == []


def test_memory_beyond_the_limit_is_an_error_and_not_the_end(inside: Run) -> None:
    assert inside("import torch\ntorch.ones(1 << 29, dtype=torch.float64)") == "RuntimeError"
    assert inside("return bytearray(4 << 30)") == "MemoryError"


GREEDY = {
    "forks": "for _ in range(4):\n    if os.fork() == 0:\n        held = b'x' * (250 << 20)\n        time.sleep(60)\n",
    "read-only": (
        "size = 1 << 20\nfor _ in range(1000):\n    at = libc.mmap(0, size, 3, 34, -1, 0)\n"
        "    ctypes.memset(at, 1, size)\n    libc.mprotect(at, size, 1)\n"
    ),
}


@pytest.mark.parametrize("way", GREEDY)
def test_all_its_processes_together_hold_no_more_memory_than_the_limit(
    lab: Lab, server: ForkServer, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("gatelab.sandbox.process.Settings", partial(Settings, memory=MEMORY))
    body = "import ctypes, os, time\nlibc = ctypes.CDLL(None)\nlibc.mmap.restype = ctypes.c_void_p\n"
    body += "libc.mprotect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int\n"
    body += "libc.mmap.argtypes = ctypes.c_void_p, *[ctypes.c_size_t] * 5\n" + GREEDY[way] + "time.sleep(20)"
    workers = ConfinedWorkers(lab, [], server.client, server.library)
    workers.load()
    main = workers.main
    started = time.monotonic()
    with pytest.raises(WorkerLost, match=r"held more than 0\.684 GiB of memory together"):
        main.ask({"op": "cell", "source": body, "index": 0, "seconds": 10.0, "quick": False}, 15)
    assert time.monotonic() - started < 12, "not ended by the time, but by the memory"
    workers.shut()
    assert "more than 0.684 GiB of memory together" in workers.output


def test_a_question_is_told_that_the_grader_ended_it_for_its_memory(
    inside: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatelab.sandbox.process.Settings", partial(Settings, memory=MEMORY))
    with pytest.raises(WorkerLost, match=r"held more than 0\.684 GiB of memory together"):
        inside("import os, time\n" + GREEDY["forks"] + "time.sleep(20)")


def test_what_it_may_hold_it_may_hold(inside: Run) -> None:
    """Forks share what they do not write to, and that counts once."""
    body = (
        "import os, time\nheld = b'x' * (300 << 20)\nfor _ in range(11):\n    if os.fork() == 0:\n"
        "        time.sleep(60)\ntime.sleep(0.6)\nreturn 'alive'"
    )
    assert inside(body) == "alive"


def test_its_memory_goes_first_and_no_other_worker_has_its_user(lab: Lab, server: ForkServer) -> None:
    pair = [ConfinedWorkers(lab, [], server.client, server.library) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gatelab.sandbox.process._numbers", itertools.repeat(7))  # as of two examiners
        for workers in pair:
            workers.load()
    found = [p for p in psutil.Process(server.process.pid).children(recursive=True) if not p.children()]
    scores = [Path(f"/proc/{p.pid}/oom_score_adj").read_text().strip() for p in found]
    users = {p.uids().real for p in found}
    for workers in pair:
        workers.shut()
    assert scores == ["1000", "1000"]
    assert len(users) == (2 if os.geteuid() == 0 else 1), "another user is for root to give"


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
        backend = workers.open(lab.questions["q4"], set(), time.monotonic() + 20)
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
