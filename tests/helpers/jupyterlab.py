"""A JupyterLab only for a test, which ignores this machine's settings and does not use the network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.browser import Page

SETTINGS = {  # all cells are in the page, and nothing is requested from the network
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
SECONDS = 180  # for any step, on a busy machine


@contextmanager
def served(place: Path, folder: Path, **settings: dict[str, object]) -> Iterator[str]:
    """Start a JupyterLab with its settings and files in `place`; yields its address."""
    place.mkdir(exist_ok=True)
    for name, values in (
        SETTINGS | {f"apputils-extension/{name}": values for name, values in settings.items()}
    ).items():
        file = place / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    homes = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {key: str(place / name) for key, name in homes.items()}
    options = (
        "--no-browser --allow-root --port=0 --ip=127.0.0.1 --IdentityProvider.token= --ServerApp.password="
    )
    with open(place / "server.log", "w") as log:
        command = [sys.executable, "-m", "jupyter", "lab", *options.split()]
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield _address(place / "runtime", server)
        finally:
            server.terminate()
            server.wait(timeout=30)


def ready(page: Page) -> None:
    page.wait_for_selector(".jp-CodeCell >> text=import math")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")  # the kernel has started


def _address(runtime: Path, server: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(file.read_text())["url"]
            except ValueError:  # not yet written to its end
                pass
        time.sleep(0.1)
    raise AssertionError("JupyterLab did not start")
