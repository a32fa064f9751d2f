"""An examiner process: forked from the fork server (so torch is already loaded), it grades what it is sent.

This module is imported after the fork, and loads the hidden suites, the references and the bank in its own memory. The engine sends
one JSON line per submission and receives the report as one JSON line.
"""

from __future__ import annotations

import gc
import math
import socket
import tempfile
import traceback
from pathlib import Path
from typing import Any

from gatelab.faults import MESSAGE_TO_STUDENT, TIMEOUT_MESSAGE_TO_STUDENT, OutOfTime, hint_of, reason_of
from gatelab.grading.examiner import Examiner, share_mismatch
from gatelab.grading.policy_tried import policy_faults
from gatelab.jsonline import Reader, encode
from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import ORDER_LIMIT
from gatelab.report.record.model import Report
from gatelab.sandbox import process
from gatelab.sandbox.confine import ProtectionMissing
from gatelab.sandbox.forkserver import Client, ForkServerLost


def serve(sock: socket.socket, arguments: dict[str, Any]) -> None:
    """Answer jobs `{"path", "name", "seed", "questions", "training", "until", "out_of_time"}` until the engine closes the line."""
    try:
        examiner, greeting = _begin(sock, arguments)
    except LabError as error:
        sock.sendall(encode({"lab": str(error)}))
        return
    except Exception:
        sock.sendall(encode({"fault": traceback.format_exc()}))
        return
    # Tests create and drop hundreds of thousands of objects; collecting after every 700 took a fifteenth of their time.
    gc.set_threshold(20_000)
    sock.sendall(encode(greeting))
    jobs = Reader(sock, ORDER_LIMIT)
    while (job := jobs.read()) is not None:
        try:
            answer = _answer(examiner, job, sock)
        except ForkServerLost as error:
            sock.sendall(encode({"lost": str(error)}))
            return
        sock.sendall(answer)


def _begin(sock: socket.socket, arguments: dict[str, Any]) -> tuple[Examiner, dict[str, Any]]:
    """The examiner of this lab, and for the engine the confinement of its workers, as reported by a trial worker. Raises LabError
    if the lab cannot be graded."""
    # A folder that workers can reach whatever TMPDIR is. It is removed with the fork server, because an examiner that is
    # killed while working cannot tidy up.
    tempfile.tempdir = arguments["folder"]
    lab = Lab(
        Path(arguments["assignment"]),
        Path(arguments["hidden"]),
        Path(arguments["bank"]) if arguments["bank"] else None,
        Path(arguments["release"]) if arguments["release"] else None,
    )
    library = Path(arguments["library"])
    client = Client(socket.socket(fileno=socket.recv_fds(sock, 1, 1)[1][0]))
    bank = load_bank(lab) if lab.bank else None
    examiner = Examiner(lab, bank, client, library, arguments["accept_missing"])
    process.simulated_limits.update(arguments["simulated_limits"])
    if wrong := next(policy_faults(lab), "") or share_mismatch(lab):
        raise LabError(wrong)
    probe = process.WorkerProcess(client, library)
    probe.close()
    probe.output.close()
    return examiner, {"protection": probe.protection, "lacks": probe.lacks}


def _answer(examiner: Examiner, job: dict[str, Any], sock: socket.socket) -> bytes:
    """The line that answers a job, with the report or with the confinement that the machine lacks. Before that, every question is
    announced when it begins. Raises ForkServerLost."""
    try:
        report = examiner.grade(
            Path(job["path"]),
            job["name"],
            job["seed"],
            job["questions"],
            job["training"],
            job["until"] or math.inf,
            lambda question: sock.sendall(encode({"at": question})),
        )
        return encode({"report": report.to_dict()})
    except ProtectionMissing as error:
        return encode({"missing": str(error), "pieces": error.missing})
    except ForkServerLost:
        raise
    except OutOfTime:
        report = Report(
            job["name"],
            "failed",
            job["out_of_time"],
            TIMEOUT_MESSAGE_TO_STUDENT,
            seed=job["seed"],
            lab=examiner.lab.name,
        )
        return encode({"report": report.to_dict()})
    except Exception as error:
        # A fault of the kit or the machine: the submission still appears in the results, with the reason for staff.
        report = Report(
            job["name"], "failed", reason_of(error), MESSAGE_TO_STUDENT, seed=job["seed"], lab=examiner.lab.name,
            hints=[hint_of(error)],
        )  # fmt: skip
        return encode({"report": report.to_dict()})
