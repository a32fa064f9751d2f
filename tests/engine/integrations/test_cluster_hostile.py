"""A hostile class on a Dask cluster: nothing of the cluster is reached from a submission, and none is lost on the way."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from test_cluster import TINY, Cluster, grade, worker_process

from gatelab.audit.notebooks import write_notebook
from gatelab.integrations.cluster import Cluster as ByCluster
from gatelab.lab.spec import Lab
from gatelab.report.record.hashes import grading_hash
from helpers.processes import alive
from helpers.tables import grades

pytestmark = pytest.mark.one_in(3, at=1)

# Names as a file system may hold them; each is a correct submission.
NAMES = [
    b"\xff\xfe.ipynb", b"a\nb.ipynb", b"--scheduler-file.ipynb", b"..\\..\\up.ipynb", b"\x1b[2J.ipynb", b"...ipynb",
    b"tcp:%2f%2f{}%s.ipynb", "\u202eebag.ipynb".encode(), b"x" * 249 + b".ipynb", b"CON.ipynb", b"con.ipynb",
]  # fmt: skip

# Looks for the cluster with Dask's own client, by its ports, and in what its processes hold and keep on the disk.
SEARCHES = """
import glob, os, socket
found = []
for address in {addresses}:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(socket.AF_INET, kind) as line:
                line.settimeout(2)
                line.connect(address)
                line.send(b"x")
                found.append(("port", address))
        except OSError:
            pass
try:
    from distributed import Client, get_worker
    try:
        found.append(("client", Client({file!r}, timeout=2).nthreads()))
    except BaseException:
        pass
    try:
        found.append(("worker", get_worker().address))
    except BaseException:
        pass
except BaseException:
    pass
for top in ({place!r}, "/tmp/dask-scratch-space", *glob.glob("/tmp/gatelab-*"), "/proc/1", *(f"/proc/{{pid}}" for pid in {pids})):
    for folder, folders, files in os.walk(top):
        if os.path.realpath(folder) == os.getcwd():
            folders.clear()
        else:
            found += [(folder, name) for name in files[:5]]
    for name in ("scheduler.json", "environ", "cmdline", "fd", "mem", "cwd/."):
        try:
            found.append((top, name, open(os.path.join(top, name), "rb").read(50)))
        except OSError:
            pass
found += [name for name in os.environ if "DASK" in name or "GATELAB" in name]
print("FOUND", found)
"""
ENDS = """
import os, resource, signal
for pid in [{pids}, os.getppid(), -1]:
    for send in (os.kill, os.killpg):
        try:
            if pid > 1 and pid not in (os.getpid(), os.getpgid(0)):
                send(pid, signal.SIGKILL)
                print("ENDED", pid)
        except OSError:
            pass
    try:
        if pid > 1 and pid != os.getpid():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0))
            print("LIMITED", pid)
    except (OSError, ValueError):
        pass
"""
STAYS = """
import os, time
for path in ({place!r} + "/mark", "/tmp/gatelab-hostile-mark", "/dev/shm/gatelab-hostile-mark"):
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass
for _ in range(4):
    if os.fork() == 0:
        try:
            os.setsid()
        except OSError:
            pass
        if os.fork() == 0:
            while True:
                time.sleep(0.1)
        os._exit(0)
"""
PICKLES = """
import json, os, pickle
class Loaded:
    def __reduce__(self):
        return (os.system, ("touch {place}/loaded",))
report = {{"report": json.dumps({{"format": 2, "submission": "ada", "status": "graded"}}), "worker": "tcp://127.0.0.1:1"}}
print(json.dumps(report))
for name in ("report.json", "results.json", "0", "task"):
    open(name, "wb").write(pickle.dumps(Loaded()))
class Fault(Exception):
    def __reduce__(self):
        return Loaded().__reduce__()
def softmax(logits):
    return Loaded()
"""
RAISES = "def cross_entropy(logits, labels):\n    raise Fault(json.dumps(report))\n"
WRONG = {
    "q1": "def softmax(logits):\n    return logits\n",
    "q2": "def cross_entropy(logits, labels):\n    return 0\n",
}
HOSTILE = ("searches", "ends", "stays", "pickles", "dies", "fills")


@pytest.fixture(scope="module")
def cluster(place: Path) -> Iterator[tuple[Cluster, psutil.Process]]:
    """A cluster of one worker, so that no other can finish what it lost."""
    found = Cluster(place)
    nanny = found.start_worker()
    yield found, worker_process(nanny)
    found.close()


@pytest.fixture(scope="module")
def class_of(place: Path, cluster: tuple) -> Path:
    dask, worker = cluster
    lab, folder = Lab.in_repository(TINY), place / "class"
    folder.mkdir()
    processes = [*(psutil.Process(each.pid) for each in dask.processes), worker]
    ports = {
        connection.laddr.port
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(ports) >= 3, "the search below would have nothing to find"
    pids = [process.pid for process in processes]
    places = {
        "addresses": [("127.0.0.1", port) for port in ports], "file": str(dask.file), "place": str(place), "pids": pids,
    }  # fmt: skip
    several = ", ".join(map(str, pids))
    for name, sources in {
        "searches": WRONG | {"setup": SEARCHES.format(**places)},
        "ends": WRONG | {"setup": ENDS.format(pids=several), "q2": ENDS.format(pids=several) + WRONG["q2"]},
        "stays": WRONG | {"setup": STAYS.format(**places)},
        "pickles": {"setup": "import torch", "q1": PICKLES.format(**places), "q2": RAISES},
        "dies": {"setup": "import os\nos._exit(9)", "q1": "import os\nos._exit(0)", "q2": WRONG["q2"]},
        "fills": WRONG | {"setup": "kept = [bytearray(b'x') * (1 << 30) for _ in range(99)]"},
    }.items():
        write_notebook(folder / f"{name}.ipynb", lab, sources)
    right = write_notebook(place / "right.ipynb", lab, {}).read_bytes()
    for name in NAMES:
        (folder / os.fsdecode(name)).write_bytes(right)
    large = json.loads(right)
    large["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (30 << 20)}]
    (folder / "large.ipynb").write_text(json.dumps(large))
    return folder


@pytest.fixture(scope="module")
def graded(cluster: tuple, class_of: Path) -> tuple[Path, subprocess.CompletedProcess[str]]:
    out = class_of.parent / "graded"
    return out, grade(class_of, out, "--cluster", cluster[0].file)


def test_every_submission_has_its_row_and_no_hostile_one_a_point(graded: tuple) -> None:
    out, done = graded
    assert "Traceback" not in done.stderr
    found = grades(out)
    assert len(found) == len(NAMES) + len(HOSTILE) + 1, done.stderr
    assert {name: found[name]["total"] for name in HOSTILE} == dict.fromkeys(HOSTILE, "0")
    others = {name: (row["status"], row["total"]) for name, row in found.items() if name not in HOSTILE}
    assert others == dict.fromkeys(others, ("graded", "10"))


def test_nothing_of_the_cluster_is_found(graded: tuple) -> None:
    report = json.loads((graded[0] / "reports" / "searches.json").read_text())
    assert "FOUND []" in report["output"]


def test_neither_worker_nor_scheduler_ends_and_nothing_stays(
    cluster: tuple, graded: tuple, place: Path
) -> None:
    dask, worker = cluster
    out, _ = graded
    said = (out / "reports" / "ends.json").read_text()
    assert "ENDED" not in said and "LIMITED" not in said
    assert alive(worker) and all(process.poll() is None for process in dask.processes)
    left = [p for p in worker.children(recursive=True) if p.username() not in (psutil.Process().username(),)]
    assert left == []
    marks = [
        place / "mark",
        place / "loaded",
        Path("/tmp/gatelab-hostile-mark"),
        Path("/dev/shm/gatelab-hostile-mark"),
    ]
    assert [path for path in marks if path.exists()] == []


def test_no_more_bytes_are_sent_ahead_than_the_scheduler_has_room_for(
    cluster: tuple, class_of: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 notebooks of 128 MiB would be 8 GiB there, and as much here."""
    monkeypatch.setattr("gatelab.integrations.cluster.CLUSTER_BYTES_AHEAD", 1000)
    read: list[str] = []

    def coming() -> Iterator[tuple[str, Path]]:
        for number in range(9):
            read.append(str(number))
            yield read[-1], class_of.parent / "right.ipynb"

    lab = Lab.in_repository(TINY)
    # The command's own seed and questions: the worker's engine is up.
    seed, chosen = lab.settings.seed, list(lab.questions)
    with ByCluster(str(cluster[0].file), lab, seed, chosen, (), grading_hash) as there:
        first = next(there.grade_all(coming(), ["q1"], training=False))
    assert (first.status, first.submission, read) == ("graded", "0", ["0"])


def test_no_file_is_written_outside_the_folders_of_a_run(graded: tuple, class_of: Path) -> None:
    out, _ = graded
    assert {path.name for path in out.parent.iterdir() if path.name.startswith((".", "right", "class", "graded"))} == {
        "right.ipynb", "class", "graded",
    }  # fmt: skip
    reports = [path for path in (out / "reports").iterdir() if path.suffix == ".json"]
    assert len(reports) == len(list(class_of.iterdir()))
