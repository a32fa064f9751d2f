"""Finds out what this machine can confine, with one real worker in which nothing runs.

    python -I -m gatelab.sandbox.trial_worker

One line of JSON: {"protection": {piece: on}, "lacks": [words]}, or {"problem": one sentence}. It is a separate process, because
it imports torch, and because a failure to start must not end the process that asks.
"""

from __future__ import annotations

from gatelab.faults import GraderFault
from gatelab.jsonline import encode
from gatelab.sandbox.forkserver import ForkServer, ForkServerLost


def main() -> None:
    try:
        from gatelab.sandbox.process import WorkerProcess

        with ForkServer(None) as server:
            worker = WorkerProcess(server.client, server.library)
            worker.close()
            worker.output.close()
        result = {"protection": worker.protection, "lacks": worker.lacks}
    except (ForkServerLost, GraderFault) as error:
        result = {"problem": str(error)}
    except ImportError as error:
        result = {"problem": f"{error.name or 'a library'} cannot be imported"}
    except OSError as error:
        result = {"problem": f"the machine failed ({error.strerror})"}
    print(encode(result).decode(), end="")


if __name__ == "__main__":
    main()
