"""What a submission's code cannot do, tried from inside a real worker."""

from __future__ import annotations

import errno
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyseccomp
import pytest

from gatelab.grading.workers import ConfinedWorkers
from gatelab.lab.spec import Lab
from gatelab.sandbox.confine import PIECES, calls

Run = Callable[..., Any]


def test_every_piece_of_protection_is_on_here_and_named(inside: Run, workers: ConfinedWorkers) -> None:
    inside("return 1")
    assert workers.protection == dict.fromkeys(PIECES, True)


def test_files_outside_cannot_be_read(inside: Run, lab: Lab, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    for path in (
        secret, lab.hidden / "test_q1_softmax.py", lab.hidden / "reference" / "q1.py", lab.assignment / "lab.py",
        Path("/etc/passwd"), Path("/proc/1/environ"), Path("/proc/self/maps"), Path("/dev/shm"),
    ):  # fmt: skip
        assert (
            inside(
                f"import os\nreturn os.listdir({str(path)!r}) if os.path.isdir({str(path)!r}) else open({str(path)!r}).read()"
            )
            == "PermissionError"
        ), path


def test_the_standard_library_can_be_imported_wherever_the_interpreter_is(inside: Run) -> None:
    assert inside("import statistics, encodings.idna, wave\nreturn statistics.mean([1, 3])") == 2


def test_nothing_outside_its_own_folder_can_be_written(inside: Run, tmp_path: Path) -> None:
    """`open` itself writes it into the worker's own folder instead (worker/redirected_files.py); `_io.open` does not."""
    tmp_path.chmod(0o777)
    for place in (tmp_path, Path("/tmp"), Path("/dev/shm"), Path("/var/tmp")):
        path = place / f"{tmp_path.parent.name}-x"
        written = f"open({str(path)!r}, 'w').write('x')"
        assert inside(f"import _io\n_io.{written}") == "PermissionError", place
        inside(written)
        assert not path.exists(), place


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


def test_calls_newer_than_the_list_and_of_other_architectures_do_not_exist(inside: Run) -> None:
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
        "posix.chmod(place, 0)", "posix.utime(place, (0, 0))", "posix.setxattr(place, 'user.x', b'1')",
        "posix.removexattr(place, 'user.x')", "posix.chown(place, -1, -1)", "posix.lchown(place, -1, -1)",
        "posix.fchmod(posix.open(place, 0), 0)", "posix.utime(posix.open(place, 0))",
    )  # fmt: skip
    for call in calls_of_os:
        body = f"import posix\nplace = 'own'\nopen(place, 'w').close()\n{call}"
        assert inside(body) == "PermissionError", call


def test_all_memory_counts_against_the_limit(inside: Run) -> None:
    assert inside("import mmap\nmmap.mmap(-1, 1 << 20)") == "PermissionError"
    assert inside("import os\nos.memfd_create('x')") == "PermissionError"
    assert inside("open('/dev/zero', 'rb')") == "PermissionError"  # mapped as shared, reading it takes room
    private = "import mmap\nreturn len(mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))"
    assert inside(private) == 1 << 20


def test_the_environment_holds_nothing_of_the_graders(inside: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATELAB_SECRET", "42")
    names = inside("import os\nreturn sorted(os.environ)")
    ours = {"CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "LANG", "OMP_NUM_THREADS"}
    own = {"HOME", "IPYTHONDIR", "LOGNAME", "MPLBACKEND", "MPLCONFIGDIR", "PATH", "TMPDIR", "USER"}
    assert set(names) <= ours | own


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
