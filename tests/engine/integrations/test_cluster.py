"""A class graded on a Dask cluster: the same results as here, whichever part of the cluster is killed."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Client

from gatelab.audit.notebooks import write_notebook
from gatelab.lab.spec import Lab
from helpers.command import gatelab
from helpers.processes import alive, everything, within
from helpers.tiny_lab import TINY, tiny_kit

pytestmark = pytest.mark.one_in(3, at=2)

BIN = Path(sys.executable).parent
SLOW = "import time\ntime.sleep(1.5)\n"  # leaves the time to kill something
QUICK = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "10s"}
# Looks for the cluster from within a submission, and prints what it reached.
NOSY = """
import os, socket
for place in {places}:
    try:
        socket.create_connection(place, timeout=2).close()
        print("reached", place)
    except OSError:
        print("refused")
print("told", [name for name in os.environ if "DASK" in name or "GATELAB" in name])
"""


class Cluster:
    """A scheduler and its workers as processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start_scheduler()

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        self.file.unlink(missing_ok=True)
        process = self._start("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard")
        assert within(60, self._written)
        return process

    def _written(self) -> bool:
        """The scheduler's file is there, to its end."""
        with contextlib.suppress(OSError, ValueError):
            return bool(json.loads(self.file.read_text())["address"])
        return False

    def start_worker(self, **more: str) -> subprocess.Popen[bytes]:
        """With the nanny that starts it again when it ends."""
        return self._start(
            "worker", "--nthreads", "1", "--no-dashboard", "--local-directory", self.file.parent, **more
        )

    def _start(self, *words: str | Path, **more: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [BIN / "dask", *words, "--scheduler-file", self.file], cwd=self.file.parent,
            env={**os.environ, **QUICK, **more}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)
        return process

    @property
    def port(self) -> int:
        return int(json.loads(self.file.read_text())["address"].rsplit(":", 1)[1])

    def close(self) -> None:
        below = [one for process in self.processes for one in _below(process)]
        for process in self.processes:
            process.kill()
            process.wait()
        for one in below:
            if alive(one):
                one.kill()


def _below(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return everything(psutil.Process(process.pid)) if process.poll() is None else []


def worker_process(nanny: subprocess.Popen[bytes]) -> psutil.Process:
    """The process that runs the tasks, below its nanny."""
    found: list[psutil.Process] = []

    def look() -> bool:
        with contextlib.suppress(psutil.Error):  # one that ends while it is looked at
            children = psutil.Process(nanny.pid).children()
            found[:] = [one for one in children if "spawn_main" in " ".join(one.cmdline())]
        return bool(found)

    assert within(60, look)
    return found[0]


@pytest.fixture(scope="module")
def cluster(place: Path) -> Iterator[tuple[Cluster, list[subprocess.Popen[bytes]]]]:
    found = Cluster(place)
    workers = [found.start_worker(), found.start_worker()]
    yield found, workers
    found.close()


@pytest.fixture(scope="module")
def handed_in(place: Path, cluster: tuple) -> Path:
    lab, folder = Lab.in_repository(TINY), place / "class"
    folder.mkdir()
    wrong = (TINY / "tests/softmax/bank/chaff/q1/over-the-batch.py").read_text()
    wrong = wrong.split('"""')[-1].replace("credit", "_credit")
    for name, sources in {
        "ada": {},
        "Bäcker, Jörg": {"setup": "import torch\n" + SLOW},
        "chen": {"q1": wrong, "setup": "import torch\n" + SLOW},
        "dora": {"setup": "import torch\n" + SLOW, "q2": "raise RuntimeError('not finished')"},
        "eve": {"setup": "import torch\n" + NOSY.format(places=[("127.0.0.1", cluster[0].port)])},
        "fritz": {"setup": "import torch\n" + SLOW, "q2": "import os\nos._exit(3)"},
    }.items():
        write_notebook(folder / f"{name}.ipynb", lab, sources)
    (folder / "greta.ipynb").write_text("no notebook")
    return folder


def grade(handed_in: Path, out: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(handed_in, out, *more), capture_output=True, text=True, timeout=170)


def command(handed_in: Path, out: Path, *more: str | Path) -> list[str | Path]:
    return [BIN / "gatelab", "grade", handed_in, "-o", out, "--root", TINY, *more]


@pytest.fixture(scope="module")
def here(handed_in: Path) -> Path:
    """The class graded on this machine."""
    out = handed_in.parent / "here"
    done = grade(handed_in, out, "--jobs", "2")
    assert done.returncode == 1, done.stderr  # greta's is no notebook
    return out


def results(out: Path) -> dict[str, object]:
    """Everything that a run writes for a class, without the timings."""
    found: dict[str, object] = {"grades": (out / "grades.csv").read_text()}
    for path in sorted((out / "reports").glob("*.json")):
        found[path.name] = _timeless(json.loads(path.read_text()))
    for path in sorted((out / "feedback").glob("*.html")):
        found[path.name] = path.read_text()
    return found


def _timeless(value: object) -> object:
    if isinstance(value, dict):
        return {
            k: _timeless(v) for k, v in value.items() if k not in ("seconds", "cpu_seconds", "wall_seconds")
        }
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def reports(out: Path) -> dict[str, bytes]:
    """Those on disk now, times included."""
    return {path.name: path.read_bytes() for path in (out / "reports").glob("[!.]*.json")}


def under_way(out: Path, process: subprocess.Popen[str], least: int) -> dict[str, bytes]:
    """Wait for the first reports of a run that is still going on."""
    assert within(120, lambda: len(reports(out)) >= least or process.poll() is not None)
    assert process.poll() is None
    return reports(out)


@pytest.fixture(scope="module")
def there(cluster: tuple, handed_in: Path) -> Path:
    """The class graded on the cluster."""
    out = handed_in.parent / "there"
    done = grade(handed_in, out, "--cluster", cluster[0].file)
    assert done.returncode == 1, done.stderr
    return out


@pytest.mark.one_in(2, among="whole")
def test_the_results_are_those_of_a_local_run(here: Path, there: Path) -> None:
    assert results(there) == results(here)
    graded = json.loads((there / "reports" / "ada.json").read_text())
    assert graded["points"] == 10
    assert all(graded["protection"].values())


def test_a_submission_on_a_worker_neither_reaches_the_cluster_nor_sees_its_settings(
    cluster: tuple, there: Path
) -> None:
    socket.create_connection(("127.0.0.1", cluster[0].port), timeout=60).close()  # which everybody else can
    said = json.loads((there / "reports" / "eve.json").read_text())["output"]
    assert "refused" in said and "reached" not in said
    assert "told []" in said


def test_the_submission_of_a_killed_worker_is_graded_by_another(
    cluster: tuple, handed_in: Path, here: Path
) -> None:
    out = handed_in.parent / "killed-worker"
    victim = worker_process(cluster[1][0])
    with subprocess.Popen(
        command(handed_in, out, "--cluster", cluster[0].file), stderr=subprocess.PIPE, text=True
    ) as run:
        under_way(out, run, 2)
        below = victim.children(recursive=True)
        victim.send_signal(signal.SIGKILL)
        assert within(60, lambda: not any(alive(one) for one in below)), "the killed worker's engine lives on"
        _, said = run.communicate(timeout=150)
    assert run.returncode == 1, said
    assert results(out) == results(here)


def test_a_killed_command_continues_where_it_was(cluster: tuple, handed_in: Path, here: Path) -> None:
    out = handed_in.parent / "killed-command"
    with subprocess.Popen(
        command(handed_in, out, "--cluster", cluster[0].file), stderr=subprocess.PIPE, text=True
    ) as run:
        under_way(out, run, 2)
        run.kill()
    done = reports(out)
    again = grade(handed_in, out, "--cluster", cluster[0].file)
    assert again.returncode == 1, again.stderr
    assert f"{len(done)} of 7 notebooks are done from an earlier run" in again.stderr
    assert {
        name: reports(out)[name] for name in done
    } == done  # to the second that they took: not graded again
    assert results(out) == results(here)


def test_a_worker_whose_machine_fails_costs_no_submission_its_grade(
    cluster: tuple, handed_in: Path, here: Path
) -> None:
    out = handed_in.parent / "full-disk"
    victim = worker_process(cluster[1][1])
    resource.prlimit(
        victim.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)
    )  # no file grows, as on a full disk
    try:
        done = grade(handed_in, out, "--cluster", cluster[0].file)
    finally:
        resource.prlimit(victim.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert done.returncode == 1, done.stderr
    assert results(out) == results(here)


@pytest.mark.one_in(2, among="whole")
def test_a_lost_scheduler_ends_the_run_in_a_sentence_and_the_next_one_goes_on(
    place: Path, handed_in: Path, here: Path
) -> None:
    (place / "second").mkdir()
    second, out = Cluster(place / "second"), place / "lost-scheduler"
    try:
        second.start_worker()
        with subprocess.Popen(
            command(handed_in, out, "--cluster", second.file), stderr=subprocess.PIPE, text=True
        ) as run:
            under_way(out, run, 2)
            second.scheduler.kill()
            _, said = run.communicate(timeout=150)
        assert run.returncode == 1
        assert "Traceback" not in said
        done = reports(out)
        assert len(done) < 7
    finally:
        second.close()
    table = (out / "grades.csv").read_text()
    assert "The scheduler at" in table and "is gone" in table
    assert ",0," not in "".join(line for line in table.splitlines() if "is gone" in line)
    again = grade(handed_in, out)
    assert again.returncode == 1, again.stderr
    assert {name: reports(out)[name] for name in done} == done
    assert results(out) == results(here)


def test_a_worker_with_another_kit_is_refused_in_a_sentence(
    cluster: tuple, place: Path, handed_in: Path
) -> None:
    other = tiny_kit(place / "other-kit")
    suite = other / "tests/softmax/hidden/test_q1_softmax.py"
    suite.write_text(suite.read_text() + "\nANOTHER = 1\n")
    worker = cluster[0].start_worker(GATELAB_ROOT=str(other))
    try:
        assert within(60, lambda: len(_of_cluster(cluster[0])) == 3)
        done = grade(handed_in, place / "refused", "--cluster", cluster[0].file)
    finally:
        worker.terminate()
        worker.wait(timeout=120)
    assert done.returncode == 2
    assert "the kit in" in done.stderr and "would grade differently" in done.stderr
    assert "Traceback" not in done.stderr
    assert not reports(place / "refused")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cluster", "tcp://127.0.0.1:9"), "there is no Dask scheduler that answers"),
        (("--cluster", "nonsense://x"), "there is no Dask scheduler that answers"),
        (("--cluster", "tcp://127.0.0.1:9", "--jobs", "2"), "--jobs is for this machine"),
    ],
)
def test_an_address_without_a_scheduler_gets_one_sentence(
    handed_in: Path, place: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr("gatelab.integrations.cluster.CONNECT_SECONDS", 2)
    done = gatelab(*command(handed_in, place / "nowhere")[1:], *words, env={"COLUMNS": "400"})
    assert done.exit_code == 2, done.output
    assert message in done.output and "Traceback" not in done.output


def _of_cluster(cluster: Cluster) -> list[str]:
    with Client(scheduler_file=str(cluster.file), set_as_default=False) as client:
        return list(client.nthreads())
