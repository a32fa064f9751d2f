#!/usr/bin/env bash
# Makes the grading image: Gradescope and `otter grade` run this once, as root, before any submission comes.
# The environment is in /opt and not under /root, so that the unprivileged user of students' code can read it.
#
# Where the internet cannot be reached, two names that the Makefile knows as well say where torch and everything else is:
# CPU_INDEX=URL, an index with CPU builds of torch, and WHEELS=FOLDER, wheels to install without any index. A folder `wheels`
# put into the zip does what WHEELS does.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
root="${AUTOGRADER_ROOT:-/autograder}"
home="${GATELAB_HOME:-/opt/gatelab}"
index="${CPU_INDEX:-https://download.pytorch.org/whl/cpu}"
wheels="${WHEELS:-$root/source/wheels}"
miniforge=25.3.1-0

# libseccomp is the system's half of the system-call filter.
apt-get update
apt-get install -y --no-install-recommends ca-certificates curl libseccomp2

# The base image's own Python where it is one that the pins are made for, else one from Miniforge (Ubuntu 22.04,
# the base image of Gradescope and of `otter grade` by default, has 3.10).
fits() { python3 -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }
fits || apt-get install -y --no-install-recommends python3 python3-venv
if fits; then
    python3 -m venv "$home"
else
    curl -fsSL -o /tmp/miniforge.sh \
        "https://github.com/conda-forge/miniforge/releases/download/${miniforge}/Miniforge3-Linux-$(uname -m).sh"
    bash /tmp/miniforge.sh -b -p /opt/miniforge3
    rm /tmp/miniforge.sh
    /opt/miniforge3/bin/conda env create -y -p "$home" -f "$root/source/environment.yml"
fi

# torch first, from PyTorch's index of CPU builds: from anywhere else pip would take the CUDA build, gigabytes
# that a container without a GPU cannot use. What follows finds torch there, leaves it, and adds what it needs.
# constraints.txt fixes every version, of what the pins bring along as well.
install=("$home/bin/pip" install --no-cache-dir --constraint "$root/source/constraints.txt")
from=(--index-url "$index")
if [ -d "$wheels" ]; then
    install+=(--no-index --find-links "$wheels")
    from=()
fi
torch="$(grep '^torch==' "$root/source/requirements.txt")"
"${install[@]}" --no-deps "${from[@]}" "$torch"
"${install[@]}" -r "$root/source/requirements.txt"
if "$home/bin/pip" list --format=freeze | grep -iE '^(nvidia|cuda|triton)'; then
    echo "setup.sh: parts of CUDA were installed (above); the image is for the CPU build of torch." >&2
    exit 1
fi

# The kit itself, for every interpreter of the environment. `otter grade` adds its files only after this script has
# run, so that the folder is named and not copied.
packages="$("$home/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')"
echo "$root/source/files/kit/autograder" > "$packages/gatelab.pth"

# `otter grade` leaves an empty file here, which is not JSON, where there is none yet.
[ -s "$root/submission_metadata.json" ] || echo '{}' > "$root/submission_metadata.json"
