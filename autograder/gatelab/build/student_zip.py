"""Writes the student zip: the release as one file. The same release gives the same bytes."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from gatelab.build.errors import BuildError
from gatelab.folders import ZIP_DATE, replacing
from gatelab.lab.spec import Lab


def write_student_zip(release: Path, lab: Lab, out: Path) -> Path:
    """Write `<out>/<lab>.zip` and, next to it, `<lab>.zip.sha256`; return the zip's path.

    release: a folder that has passed the gate. Its files are in the zip under `<lab>/`, not compressed
    (compressed bytes depend on the version of zlib).
    """
    files = {
        f"{lab.name}/{path.relative_to(release).as_posix()}": path.read_bytes()
        for path in sorted(release.rglob("*"))
        if path.is_file()
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{lab.name}.zip"
    beside = path.with_name(f"{path.name}.sha256")
    with replacing(beside) as digest, replacing(path) as draft:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as zip:
            for name in sorted(files):
                member = zipfile.ZipInfo(name, ZIP_DATE)
                member.create_system = 3  # Unix, wherever it is built
                member.external_attr = 0o644 << 16
                zip.writestr(member, files[name])
        check_student_zip(draft, files)
        digest.write_text(
            f"{hashlib.sha256(draft.read_bytes()).hexdigest()}  {path.name}\n", encoding="utf-8"
        )
    return path


def check_student_zip(path: Path, files: dict[str, bytes]) -> None:
    """Raise BuildError unless a zip holds exactly these files, name → bytes, and nothing else."""
    with zipfile.ZipFile(path) as zip:
        members = zip.infolist()
        if sorted(member.filename for member in members) != sorted(files) or zip.comment:
            odd = sorted({member.filename for member in members} ^ set(files)) or [
                "a comment or a name twice"
            ]
            raise BuildError(f"{path.name}: the zip does not hold the release: {odd[0]}; build it again.")
        for member in members:
            if zip.read(member) != files[member.filename] or member.extra or member.comment:
                raise BuildError(f"{path.name}: {member.filename} is not the release's; build it again.")
