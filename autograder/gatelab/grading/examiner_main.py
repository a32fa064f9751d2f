"""An examiner process: forked from the fork server (so torch is already loaded), it grades what it is sent.

It loads the hidden suites, the references and the bank after the fork, in its own memory. The engine sends one JSON line
per submission and receives the report as one JSON line.
"""

from __future__ import annotations

import gc
import math
import socket
import tempfile
import traceback
from pathlib import Path
from typing import Any

from gatelab.jsonline import Reader, encode
from gatelab.limits import ORDER_LIMIT


def serve(line: socket.socket, arguments: dict[str, Any]) -> None:
    """Answer jobs `{"path", "name", "seed", "questions", "training", "until"}` until the engine closes the line."""
    from gatelab.faults import TOLD, reason_of
    from gatelab.grading.examiner import Examiner, wrong_shares
    from gatelab.lab.bank import load_bank
    from gatelab.lab.spec import Lab, LabError
    from gatelab.report.model import Report
    from gatelab.sandbox import process
    from gatelab.sandbox.confine import ProtectionMissing
    from gatelab.sandbox.forkserver import Client, ForkServerLost

    # A folder that workers can reach whatever TMPDIR is, and that is removed with the fork server: an examiner that is
    # ended while working cannot tidy up.
    tempfile.tempdir = arguments["folder"]
    lab = Lab(
        Path(arguments["assignment"]),
        Path(arguments["hidden"]),
        Path(arguments["bank"]) if arguments["bank"] else None,
        Path(arguments["release"]) if arguments["release"] else None,
    )

    def say(answer: dict[str, Any]) -> None:
        line.sendall(encode(answer))

    try:
        descriptor = socket.recv_fds(line, 1, 1)[1][0]
        client = Client(socket.socket(fileno=descriptor))
        bank = load_bank(lab) if lab.bank else None
        examiner = Examiner(lab, bank, client, Path(arguments["library"]), arguments["accept_missing"])
        process.pretended.update(arguments["pretended"])
        if wrong := wrong_shares(lab):
            say({"lab": wrong})
            return
        probe = process.WorkerProcess(client, Path(arguments["library"]))
        probe.close()
        probe.output.close()
    except LabError as error:
        say({"lab": str(error)})
        return
    except Exception:
        say({"fault": traceback.format_exc()})
        return
    # Tests make and drop objects by the hundred thousand; collecting at every 700th took a fifteenth of their time.
    gc.set_threshold(20_000)
    say({"protection": probe.protection, "lacks": probe.lacks})
    jobs = Reader(line, ORDER_LIMIT)
    while (job := jobs.read()) is not None:
        try:
            report = examiner.grade(
                Path(job["path"]),
                job["name"],
                job["seed"],
                job["questions"],
                job["training"],
                job["until"] or math.inf,
                lambda question: say({"at": question}),
            )
            answer = encode({"report": report.to_dict()})
        except ProtectionMissing as error:
            say({"missing": str(error), "pieces": error.missing})
            continue
        except ForkServerLost as error:
            say({"lost": str(error)})
            return
        except Exception as error:
            # A fault of the kit or the machine: the submission keeps its place in the results, and staff can read why.
            report = Report(
                job["name"], "failed", reason_of(error), TOLD, seed=job["seed"], lab=lab.name,
                hints=[f"The grader itself failed ({type(error).__name__}: {error}); its traceback:\n"
                       + traceback.format_exc()[-8000:]],
            )  # fmt: skip
            answer = encode({"report": report.to_dict()})
        line.sendall(answer)
