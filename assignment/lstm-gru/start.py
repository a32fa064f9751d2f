"""Begin here: `python start.py` makes the lab's environment next to this file and opens the notebook.

It needs nothing but Python. Run it again whenever you want to work, or when a download broke off: it keeps what is
already installed. (On a Mac or Linux Python may be called python3, on Windows py: then type that. With uv: uv run start.py.)

    python start.py              install what is missing, open the notebook in JupyterLab
    python start.py --no-open    install what is missing
    python start.py --check      say what is installed, change nothing (exit code 0: ready, 1: not)
    python start.py check        run the public checks on the saved notebook
    python start.py submit       look the saved notebook over and pack it, with a receipt

Delete the folder .venv to remove the environment.
"""
# Written by gatelab build; a lab's own file has no such line.

import argparse
import difflib
import hashlib
import json
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
# Megabytes to download, and on the disk: for the editor and the checks, and in addition for large packages. Measured on Linux.
# For another large package, the lab's requirements.txt states it in a comment behind its line.
EDITOR = (80, 450)
LARGE = {"torch": (200, 850), "matplotlib": (20, 100)}
SIZE = re.compile(r"# (\d+) MB, (\d+) MB on the disk")
ROOM = 900  # megabytes that must be free besides: pip unpacks a package beside its file, and the largest, torch, has 850
# Of the lab's package, which has the last one only with a page to explore.
ALL_COMMANDS = ("check", "submit", "explore")
# How often a download may break off (a large one over a bad line does so every few megabytes), and how pip reports it: older versions
# call an incomplete file "invalid", or its hash differs.
TRIES = 20
BROKE_OFF = re.compile(r"is invalid|DO NOT MATCH|[Ii]ncomplete|[Cc]onnection|[Tt]imed out|Timeout")
# A program for the environment's Python that prints, for each package, a line with its modules.
MODULES = """
import importlib.metadata, re, sys
plain = lambda name: re.sub("[-_.]+", "-", name).lower()
owners = importlib.metadata.packages_distributions()
for asked in map(plain, sys.argv[1:]):
    there = sorted(module for module, whose in owners.items() if asked in map(plain, whose) and module[:1] != "_")
    print(*[module for module in there if plain(module) == asked] or there[:1])
"""


class Parser(argparse.ArgumentParser):
    """Reports wrong usage in one sentence."""

    def error(self, message):
        self.exit(2, f"start.py: {message}; `python start.py --help` says what there is.\n")


class Stop(Exception):
    """One sentence: what is wrong and what to do."""


def main(arguments=None):
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a character shows another one
    parser = Parser(
        prog="start.py", description=about(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-open", action="store_true", help="make the environment, open nothing")
    parser.add_argument("--check", action="store_true", help="say what is installed, change nothing")
    parser.add_argument(
        "--any-torch",
        action="store_true",
        help="take whatever build of PyTorch pip finds (on Linux 3 GB more)",
    )
    if arguments[:1] and not arguments[0].startswith("-") and arguments[0] not in commands():
        if arguments[0] in ALL_COMMANDS and not package():
            print(
                f"start.py: there is no `{arguments[0]}`: the lab's own folder of code, which brings it, is not next to this file. If the handout has one, unzip it again, all of it.",
                file=sys.stderr,
            )
            return 2
        near = difflib.get_close_matches(arguments[0].lower(), commands(), 1)
        hint = f"did you mean `python start.py {near[0]}`? " if near else ""
        print(
            f"start.py: there is no `{arguments[0]}`; {hint}`python start.py --help` says what there is.",
            file=sys.stderr,
        )
        return 2
    asked = None if arguments[:1] and arguments[0] in commands() else parser.parse_args(arguments)
    try:
        pins = read_pins()
        check_python(sys.version_info, platform.machine(), sys.platform, sys.maxsize, "torch" in pins)
        if asked is None:
            return of_the_package(arguments, pins)
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


def package():
    """The lab's package: the folder next to this file with commands of its own and the questions. None if there is none."""
    found = [name for name in sorted(os.listdir(HERE)) if has(name, "__main__.py")]
    return next((name for name in found if has(name, "questions.json")), found[0] if found else None)


def has(folder, name):
    """Whether a folder next to this file holds such a file."""
    return os.path.isfile(os.path.join(HERE, folder, name))


def commands():
    """The package's own commands, which the environment's Python runs."""
    if not package():
        return ()
    return ALL_COMMANDS if explorer() else ALL_COMMANDS[:2]


def explorer():
    """What the lab's page explorer.html is called: its <title>, up to a colon. None if there is none."""
    try:
        with open(
            os.path.join(HERE, package() or "", "explorer.html"), encoding="utf-8", errors="replace"
        ) as file:
            found = re.search(r"<title>\s*([^<:]*[^<:\s])", file.read(4096))
    except OSError:
        return None
    return found.group(1)[0].lower() + found.group(1)[1:] if found else "explorer"


def about():
    """The text at the top of this file, with the commands that this lab has."""
    there = commands()
    lines = __doc__.split("\n")
    for name in ("check", "submit"):
        lines = [
            line for line in lines if name in there or not line.startswith("    python start.py " + name)
        ]
    if "explore" in there:
        at = next(k for k, line in enumerate(lines) if line.startswith("    python start.py submit"))
        lines.insert(at + 1, f"    python start.py explore      open the {explorer()}")
    return "\n".join(lines)


def check_python(version, machine, system, largest, torch=True):
    """Raise Stop if this Python, or PyTorch on this machine, cannot run the lab."""
    needed = "Python {}.{} to {}.{}".format(*(OLDEST + NEWEST))
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        raise Stop(
            f"this is Python {version[0]}.{version[1]}, and the lab needs {needed}: install one from python.org and run this file with it."
        )
    if torch and largest <= 2**32:
        raise Stop(f"this is a 32-bit Python, and PyTorch has no 32-bit build: install the 64-bit {needed}.")
    if torch and system == "darwin" and machine == "x86_64":
        raise Stop(
            "PyTorch no longer supports Macs with an Intel processor: open the notebook in Colab instead (its first cell has the button)."
        )


def read_lines():
    """The lines of requirements.txt."""
    try:
        with open(os.path.join(HERE, "requirements.txt"), encoding="utf-8") as file:
            return file.read().split("\n")
    except OSError:
        raise Stop("requirements.txt is not next to this file: unzip the handout again, all of it.") from None


def read_pins():
    """Those that name a package, as a dict name → line."""
    lines = [line.split("#")[0].strip() for line in read_lines()]
    return {named(line): line for line in lines if line}


def named(line):
    """The package that a line names."""
    return re.split(r"[^\w.-]", line.strip())[0].lower()


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
        return (
            subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean()) == 0
        )
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


def trying(pins):
    """The command that imports what the notebook needs, the lab's packages and the editor."""
    try:
        command = [python_of(VENV), "-c", MODULES, *sorted(pins)]
        found = (
            subprocess.check_output(command, stderr=subprocess.DEVNULL, env=clean())
            .decode("utf-8", "replace")
            .split()
        )
    except (OSError, subprocess.CalledProcessError):
        found = []
    return [python_of(VENV), "-c", "import {}".format(", ".join([*found, "ipywidgets", "jupyterlab"]))]


def say_what_is_there(pins):
    """`--check`: print three lines, then whether everything is ready; returns the exit code."""
    ready = is_ready(pins)
    print(f"Python      {platform.python_version()} ({sys.executable})")
    print("environment {}".format(VENV if ready else "not made yet, or only in part"))
    if ready and not works(trying(pins)):
        print("packages    one of them does not start: delete the folder .venv and run `python start.py`")
        return 1
    print(f"notebook    {notebook() or no_notebook()}")
    print("Ready." if ready else "Run `python start.py`.")
    return 0 if ready else 1


def of_the_package(arguments, pins):
    """`python -m PACKAGE …` with the environment's Python, in this folder unless an argument names a file."""
    if not is_ready(pins):
        raise Stop("the environment is not made yet: run `python start.py` first.")
    here = not any(os.path.isfile(argument) for argument in arguments[1:])
    name = package()
    return attended(
        [python_of(VENV), "-m", name, *arguments],
        cwd=HERE if here else None,
        env=dict(clean(), **{"PYTHONPATH": HERE, name.upper() + "_COMMAND": "python start.py"}),
    )


def attended(command, **more):
    """Run a program that handles Ctrl+C itself, and wait for it; returns its exit code."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
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
        f"It downloads about {size(pins)[0]:.0f} MB and takes {size(pins)[1] / 1000:.1f} GB on the disk: three to ten minutes, once. Stop it with Ctrl+C; run it again to continue."
    )
    make_venv(size(pins)[1] + ROOM)
    pip = [
        python_of(VENV),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--retries",
        "3",
        "--timeout",
        "60",
    ]
    pip += [] if sys.stdout.isatty() else ["--quiet"]
    rest = dict(pins)
    torch, otter = rest.pop("torch", None), rest.pop("otter-grader", None)
    beside = [line for line in BESIDE if line.split("==")[0] not in pins]
    steps = [
        ("PyTorch for the processor", torch and (lambda: install_torch(pip, torch, any_torch))),
        ("the checks (otter-grader)", otter and (lambda: run_pip([*pip, "--no-deps", otter, *ALONE]))),
        (
            "JupyterLab, plots and whatever else the notebook imports",
            lambda: run_pip(pip + sorted(rest.values()) + beside),
        ),
    ]
    steps = [(what, run) for what, run in steps if run]  # a lab that needs no PyTorch gets none
    for number, (what, run) in enumerate(steps, 1):
        step(number, len(steps) + 1, what)
        run()
    step(len(steps) + 1, len(steps) + 1, "trying it")
    if not works(trying(pins)):
        raise Stop(
            f"everything is installed, but one package does not start: run `{quoted(trying(pins))}` to see why; deleting the folder .venv and starting again often helps."
        )
    with open(READY, "w", encoding="utf-8") as file:
        file.write(stamp(pins) + "\n")
    print(f"Done in {time.monotonic() - start:.0f} s.")


def size(pins):
    """Megabytes: of the download, and on the disk."""
    stated = {}
    for line in read_lines():
        size = SIZE.search(line)
        if size and line.split("#")[0].strip():  # else it is a line that is commented out
            stated[named(line)] = int(size.group(1)), int(size.group(2))
    large = dict(LARGE, **stated)
    parts = [EDITOR] + [large[name] for name in sorted(pins) if name in large]
    return sum(part[0] for part in parts), sum(part[1] for part in parts)


def make_venv(room):
    """Make an environment whose Python starts and has pip; an incomplete one is made again."""
    if works([python_of(VENV), "-m", "pip", "--version"]) and same_python():
        return
    if os.path.exists(VENV) and not os.path.isfile(os.path.join(VENV, "pyvenv.cfg")) and os.listdir(VENV):
        raise Stop(f"{VENV} exists but is not a Python environment: rename or delete it, and run this again.")
    if shutil.disk_usage(HERE).free < room * 1e6:
        raise Stop(f"less than {room / 1000:.1f} GB are free on this disk: make room and run this again.")
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
            raise Stop(
                "this Python lacks the module venv: on Debian and Ubuntu run `sudo apt install python3-venv`, then this again."
            )
        raise Stop(
            "the environment could not be made ({}).".format((text.strip().split("\n") or ["no message"])[-1])
        )


def same_python():
    """Whether the environment has the version of Python that runs this file."""
    code = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])!r})"
    return works([python_of(VENV), "-c", code])


def install_torch(pip, torch, any_torch):
    """Install PyTorch's CPU build; the GPU build, ten times as large, only if asked for."""
    pinned = re.search(r"==\s*([\w.]+)", torch)
    asked = f"; assert torch.__version__.split('+')[0] == {pinned.group(1)!r}" if pinned else ""
    if works([python_of(VENV), "-c", "import torch" + asked]):
        return None
    if any_torch or sys.platform == "darwin":  # a Mac's build is small
        return run_pip([*pip, torch])
    if not attempted([*pip, "--retries", "1", "--index-url", CPU_INDEX, torch], 1):
        return None
    # A course's own mirror may have it; the GPU build has another name and is not taken.
    if not attempted([*pip, torch + "+cpu"], 1):
        return None
    raise Stop(
        f"PyTorch could not be fetched from {CPU_INDEX}: check your connection and run this again; it continues from here. "
        "(`python start.py --any-torch` takes whatever build pip finds elsewhere: on Linux 3 GB more.)"
    )


def run_pip(command):
    """Run pip. If it fails, raises Stop with its message."""
    text = attempted(command, 2)
    if text:
        lines = [line for line in text.splitlines() if "ERROR" in line]
        said = lines[-1].replace("ERROR:", "").strip() if lines else "no message"
        raise Stop(
            f"pip could not install all of it ({said}): check your connection and run this again; it continues from here."
        )


def attempted(command, tries):
    """Run pip up to `tries` times, or more often if a download breaks off (complete files are kept). Returns its last message, or "" on
    success."""
    for number in range(1, TRIES + 1):
        done = subprocess.run(command, env=clean(), stderr=subprocess.PIPE)
        if done.returncode == 0:
            return ""
        text = done.stderr.decode("utf-8", "replace") or "no message"
        broke_off = BROKE_OFF.search(text) and "No matching distribution" not in text
        if number >= (TRIES if broke_off else tries):
            break
        print("  The connection broke off; trying again.", flush=True)
    return text


def clean():
    """The environment variables, without those that point to another Python's packages."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_USER")
    }
    kept["PIP_RESUME_RETRIES"] = "20"  # newer versions of pip resume a download in the middle of a file
    kept["JUPYTER_PREFER_ENV_PATH"] = (
        "1"  # this environment's kernel, not one of the same name from elsewhere
    )
    kept["PYTHONNOUSERSITE"] = "1"
    kept["PYTHONUTF8"] = "1"  # the handout's files are UTF-8, which Windows does not assume
    return kept


def notebook():
    """The notebook to open: the lab's, or the only one there is. None if there are none or several."""
    found = notebooks()
    return lab_notebook() if lab_notebook() in found else found[0] if len(found) == 1 else None


def lab_notebook():
    """What the lab's notebook is called."""
    try:
        with open(os.path.join(HERE, package() or "", "questions.json"), encoding="utf-8") as file:
            return json.load(file)["notebook"]
    except (OSError, ValueError, KeyError):
        return "lab.ipynb"


def notebooks():
    """The notebooks next to this file."""
    names = sorted(name for name in os.listdir(HERE) if name.endswith(".ipynb") and not name.startswith("."))
    return [name for name in names if os.path.isfile(os.path.join(HERE, name))]


def no_notebook():
    """Why there is none to open, and what to do."""
    if notebooks():
        return f"several in this folder, none of them {lab_notebook()}: open the one that you write in"
    if os.path.isdir(os.path.join(HERE, lab_notebook())):
        return f"{lab_notebook()} is a folder and not the notebook: move the file that is in it here, or unzip the handout again"
    return "none in this folder: unzip the handout again, all of it"


def open_notebook():
    """Run JupyterLab until it is closed; returns its exit code."""
    name = notebook()
    if not name:
        print(f"The notebook: {no_notebook()}.")
    print(
        "Opening {}. When you have finished, save, close the tab and press Ctrl+C here.".format(
            name or "this folder"
        )
    )
    return attended(
        [python_of(VENV), "-m", "jupyter", "lab"] + ([name] if name else []), cwd=HERE, env=clean()
    )


def step(number, of, what):
    """Print one line per step, unbuffered."""
    print(f"{number}/{of} {what} …", flush=True)


def quoted(command):
    """A command as you would type it."""
    return " ".join(f'"{part}"' if " " in part else part for part in command)


if __name__ == "__main__":
    sys.exit(main())
