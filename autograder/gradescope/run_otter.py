"""Grades what was handed in, in the container of Gradescope or of `otter grade`; always leaves a results.json.

Exit code 0: graded. 1: refused, with the reason in the result. 3: the grader or its machine failed at it.
"""

import json
import sys
import traceback
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else "/autograder")

try:
    from gatelab.integrations.otter.run import in_container

    status = in_container(ROOT)["extra_data"]["status"]
except Exception:
    # Without the kit, or with the kit broken, there is only this to say. No score: it is nobody's 0.
    traceback.print_exc()
    text = (ROOT / "source" / "not_graded.json").read_text(encoding="utf-8")
    results = json.loads(text.replace("WHY", "could not start"))
    results["tests"][-1]["output"] += "\nThe grader itself failed:\n" + traceback.format_exc()
    (ROOT / "results" / "results.json").write_text(json.dumps(results), encoding="utf-8")
    status = "failed"
sys.exit({"graded": 0, "failed": 3}.get(status, 1))
