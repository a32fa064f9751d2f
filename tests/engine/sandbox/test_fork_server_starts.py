"""The fork server starts wherever the command works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

START = "from gatelab.sandbox.forkserver import ForkServer\nwith ForkServer(None) as server:\n    print(server.folder.exists())\n"


def test_the_commands_working_folder_may_be_gone(tmp_path: Path) -> None:
    # So it is when otter is killed: its folder goes at once, while the fork server is still loading torch.
    code = f"import os\nos.chdir({str(tmp_path)!r})\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('../gone')\n{START}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "True\n", done.stderr
