"""Begin here: `python start.py` makes the lab's environment next to this file and opens the notebook.

It needs nothing but Python. Run it again whenever you want to work, or when a download broke off: it keeps what is
already installed. (On a Mac or Linux Python may be called python3, on Windows py: then type that.)

    python start.py              install what is missing, open the notebook in JupyterLab
    python start.py --no-open    install what is missing
    python start.py --check      say what is installed, change nothing (exit code 0: ready, 1: not)
    python start.py check        run the public checks on the saved notebook
    python start.py submit       look the saved notebook over and pack it, with a receipt
    python start.py explore      open the gate explorer

Delete the folder .venv to remove the environment.
"""

import argparse
import difflib
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
READY = os.path.join(VENV, "ready.txt")
OLDEST, NEWEST = (3, 11), (3, 14)  # Python versions that the pinned packages support

# PyTorch without GPU support: a tenth of the size, and just as fast here.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# Installed without their dependencies, which would bring Sphinx and a second browser that no check uses.
ALONE = ["fica==0.4.1"]  # and otter-grader, from requirements.txt
# What `import otter` and the checks do need, and the editor.
BESIDE = [
    "dill==0.4.1",
    "ipylab==1.1.0",
    "ipywidgets==8.1.9",
    "jinja2==3.1.6",
    "jupyterlab==4.6.6",
    "nbconvert==7.17.2",
    "nbformat==5.11.1",
    "pandas==3.1.1",
    "python-frontmatter==1.3.0",
    "pyyaml==6.0.4",
    "wrapt==1.17.3",
]
DOWNLOAD, DISK = "350 MB", "1.6 GB"  # measured on Linux
ROOM = 2.5e9  # bytes that must be free before a new environment is made
TRY = "import torch, otter, sklearn, matplotlib, names, tqdm, ipywidgets, jupyterlab; print(torch.__version__)"


COMMANDS = ("check", "submit", "explore")  # seqlab's own, run by the environment's Python


class Parser(argparse.ArgumentParser):
    """Wrong usage is one sentence."""

    def error(self, message):
        self.exit(2, f"start.py: {message}; `python start.py --help` says what there is.\n")


class Stop(Exception):
    """One sentence: what is wrong and what to do."""


def main(arguments=None):
    """Do what the command line says; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a character shows another one
    parser = Parser(
        prog="start.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-open", action="store_true", help="make the environment, open nothing")
    parser.add_argument("--check", action="store_true", help="say what is installed, change nothing")
    parser.add_argument(
        "--any-torch", action="store_true", help="take whatever build of PyTorch pip finds (on Linux 3 GB more)"
    )
    if arguments[:1] and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        near = difflib.get_close_matches(arguments[0].lower(), COMMANDS, 1)
        hint = f"did you mean `python start.py {near[0]}`? " if near else ""
        print(f"start.py: there is no `{arguments[0]}`; {hint}`python start.py --help` says what there is.", file=sys.stderr)
        return 2
    asked = None if arguments[:1] and arguments[0] in COMMANDS else parser.parse_args(arguments)
    try:
        check_python(sys.version_info, platform.machine(), sys.platform, sys.maxsize)
        pins = read_pins()
        if asked is None:
            return seqlab(arguments, pins)
        if asked.check:
            return say_what_is_there(pins)
        make(pins, asked.any_torch)
        if not asked.no_open:
            return open_notebook()
        print("Ready. `python start.py` opens the notebook.")
    except Stop as stop:
        print(f"start.py: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run `python start.py` again to continue from here.", file=sys.stderr)
        return 1
    return 0


def check_python(version, machine, system, largest):
    """Raise Stop if PyTorch does not support this Python or this machine."""
    needed = "Python {}.{} to {}.{}".format(*(OLDEST + NEWEST))
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        raise Stop(
            f"this is Python {version[0]}.{version[1]}, and the lab needs {needed}: install one from python.org and run this file with it."
        )
    if largest <= 2**32:
        raise Stop(f"this is a 32-bit Python, and PyTorch has no 32-bit build: install the 64-bit {needed}.")
    if system == "darwin" and machine == "x86_64":
        raise Stop(
            "PyTorch no longer supports Macs with an Intel processor: open the notebook in Colab instead (its first cell has the button)."
        )


def read_pins():
    """The lines of requirements.txt that name a package, as a dict name → line."""
    try:
        with open(os.path.join(HERE, "requirements.txt"), encoding="utf-8") as file:
            lines = [line.split("#")[0].strip() for line in file]
    except OSError:
        raise Stop("requirements.txt is not next to this file: unzip the handout again, all of it.") from None
    return {re.split(r"[=<>\[ ]", line)[0]: line for line in lines if line}


def stamp(pins):
    """Identifies an environment: a hash of the packages and the Python version it was made for."""
    text = repr((sorted(pins.values()), ALONE, BESIDE, sys.version_info[:2]))
    return hashlib.sha256(text.encode()).hexdigest()


def python_of(venv):
    """The environment's own Python."""
    windows = os.name == "nt"
    return os.path.join(venv, "Scripts" if windows else "bin", "python.exe" if windows else "python")


def works(command):
    """Whether a command exits with 0."""
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean()) == 0
    except OSError:
        return False


def is_ready(pins):
    """Whether the environment is complete, was made for these packages and this Python, and its Python still starts."""
    try:
        with open(READY, encoding="utf-8") as file:
            known = file.read().strip() == stamp(pins)
    except (OSError, ValueError):
        return False
    return known and works([python_of(VENV), "-c", "pass"])


def say_what_is_there(pins):
    """`--check`: three lines, then whether all is ready; returns the exit code."""
    ready = is_ready(pins)
    print(f"Python      {platform.python_version()} ({sys.executable})")
    print("environment {}".format(VENV if ready else "not made yet, or only in part"))
    if ready and not works([python_of(VENV), "-c", TRY]):
        print("packages    one of them does not start: delete the folder .venv and run `python start.py`")
        return 1
    print("notebook    {}".format(notebook() or "none in this folder: unzip the handout again, all of it"))
    print("Ready." if ready else "Run `python start.py`.")
    return 0 if ready else 1


def seqlab(arguments, pins):
    """`python -m seqlab …` with the environment's Python, in this folder unless an argument names a file."""
    if not is_ready(pins):
        raise Stop("the environment is not made yet: run `python start.py` first.")
    here = not any(os.path.isfile(argument) for argument in arguments[1:])
    return attended(
        [python_of(VENV), "-m", "seqlab", *arguments],
        cwd=HERE if here else None,
        env=dict(clean(), PYTHONPATH=HERE, SEQLAB_COMMAND="python start.py"),
    )


def attended(command, **more):
    """Run a program that answers Ctrl+C itself, however long that takes; returns its exit code."""
    before = signal.signal(signal.SIGINT, lambda *heard: None)
    try:
        return subprocess.call(command, **more)
    finally:
        signal.signal(signal.SIGINT, before)


def make(pins, any_torch):
    """Install what is missing. Raises Stop, which says what to do next."""
    if is_ready(pins):
        return
    start = time.monotonic()
    print(f"This makes the lab's environment in {VENV}.")
    print(
        f"It downloads about {DOWNLOAD} and takes {DISK} on the disk: three to ten minutes, once. Stop it with Ctrl+C; run it again to continue."
    )
    make_venv()
    pip = [python_of(VENV), "-m", "pip", "install", "--disable-pip-version-check", "--retries", "3", "--timeout", "60"]
    pip += [] if sys.stdout.isatty() else ["--quiet"]
    rest = dict(pins)
    torch, otter = rest.pop("torch"), rest.pop("otter-grader")
    step(1, "PyTorch for the processor")
    install_torch(pip, torch, any_torch)
    step(2, "the checks (otter-grader)")
    run_pip([*pip, "--no-deps", otter, *ALONE])
    step(3, "JupyterLab, plots and whatever else the notebook imports")
    run_pip(pip + sorted(rest.values()) + BESIDE)
    step(4, "trying it")
    if not works([python_of(VENV), "-c", TRY]):
        raise Stop(
            "everything is installed, but one package does not start: run `{}` to see why; deleting the folder .venv and starting again often helps.".format(
                quoted([python_of(VENV), "-c", TRY])
            )
        )
    with open(READY, "w", encoding="utf-8") as file:
        file.write(stamp(pins) + "\n")
    print(f"Done in {time.monotonic() - start:.0f} s.")


def make_venv():
    """Make an environment whose Python starts and has pip; one left half made is made again."""
    if works([python_of(VENV), "-m", "pip", "--version"]) and same_python():
        return
    if os.path.exists(VENV) and not os.path.isfile(os.path.join(VENV, "pyvenv.cfg")) and os.listdir(VENV):
        raise Stop(f"{VENV} exists but is not a Python environment: rename or delete it, and run this again.")
    if shutil.disk_usage(HERE).free < ROOM:
        raise Stop(
            f"less than {ROOM / 1e9:.1f} GB are free on this disk: make room and run this again."
        )
    if os.name == "nt" and len(HERE) > 100:
        raise Stop(
            "the path of this folder is so long that Windows cannot unpack all files in it: move the folder to a shorter one, such as C:\\lab."
        )
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean(),
    )
    if made.returncode:
        text = made.stdout.decode("utf-8", "replace")
        if "ensurepip" in text or ("venv" in text and "apt" in text):
            raise Stop("this Python lacks the module venv: on Debian and Ubuntu run `sudo apt install python3-venv`, then this again.")
        raise Stop("the environment could not be made ({}).".format((text.strip().split("\n") or ["no message"])[-1]))


def same_python():
    """Whether the environment has the version of Python that runs this file."""
    code = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])!r})"
    return works([python_of(VENV), "-c", code])


def install_torch(pip, torch, any_torch):
    """Install PyTorch's CPU build; the GPU build, ten times as large, only if asked for."""
    version = torch.split("==")[1]
    if works([python_of(VENV), "-c", f"import torch; assert torch.__version__.split('+')[0] == {version!r}"]):
        return None
    if any_torch or sys.platform == "darwin":  # a Mac's build is small
        return run_pip([*pip, torch])
    if subprocess.call([*pip, "--retries", "1", "--index-url", CPU_INDEX, torch], env=clean(), stderr=subprocess.DEVNULL) == 0:
        return None
    # A course's own mirror may have it; the GPU build has another name and is not taken.
    if subprocess.call([*pip, torch + "+cpu"], env=clean(), stderr=subprocess.DEVNULL) == 0:
        return None
    raise Stop(
        f"PyTorch could not be fetched from {CPU_INDEX}: check your connection and run this again; it continues from here. "
        "(`python start.py --any-torch` takes whatever build pip finds elsewhere: on Linux 3 GB more.)"
    )


def run_pip(command):
    """Run pip, twice if need be; the second try keeps what is already downloaded. Raises Stop."""
    for last in (False, True):
        done = subprocess.run(command, env=clean(), stderr=subprocess.PIPE)
        if done.returncode == 0:
            return
        if not last:
            print("  That broke off; once more.")
    lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if "ERROR" in line]
    said = lines[-1].replace("ERROR:", "").strip() if lines else "no message"
    raise Stop(f"pip could not install all of it ({said}): check your connection and run this again; it continues from here.")


def clean():
    """The environment variables, without those that point to another Python's packages."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_USER")}
    kept["PIP_RESUME_RETRIES"] = "20"  # newer versions of pip resume a download in the middle of a file
    kept["JUPYTER_PREFER_ENV_PATH"] = "1"  # this environment's kernel, not one of the same name from elsewhere
    kept["PYTHONNOUSERSITE"] = "1"
    kept["PYTHONUTF8"] = "1"  # the handout's files are UTF-8, which Windows does not assume
    return kept


def notebook():
    """The notebook to open: lab.ipynb, or the only one there is. None if there are none or several."""
    found = sorted(name for name in os.listdir(HERE) if name.endswith(".ipynb") and not name.startswith("."))
    if "lab.ipynb" in found:
        return "lab.ipynb"
    return found[0] if len(found) == 1 else None


def open_notebook():
    """Run JupyterLab until it is closed; returns its exit code."""
    name = notebook()
    print("Opening {}. When you have finished, save, close the tab and press Ctrl+C here.".format(name or "this folder"))
    return attended([python_of(VENV), "-m", "jupyter", "lab"] + ([name] if name else []), cwd=HERE, env=clean())


def step(number, what):
    """Print one line per step, unbuffered."""
    print(f"{number}/4 {what} …", flush=True)


def quoted(command):
    """A command as you would type it."""
    return " ".join(f'"{part}"' if " " in part else part for part in command)


if __name__ == "__main__":
    sys.exit(main())
