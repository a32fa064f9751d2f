"""The build's settings, which are above the questions in a lab's lab.toml."""

from __future__ import annotations

from dataclasses import dataclass

from gatelab.build.errors import BuildError
from gatelab.lab.keys import must_be_of
from gatelab.lab.spec import Lab
from gatelab.lab.table import FILE, Table


@dataclass(frozen=True)
class Settings:
    """Settings that may differ between labs."""

    colab_base: str  # Colab's address of the students' repository, without a slash at the end
    # What students get besides the notebook; nothing that is not named here is shipped.
    release: tuple[str, ...]
    # Lines that a solution or a hidden suite may share with the release.
    shared_lines: tuple[str, ...] = ()
    handout_url: str = ""  # where Colab fetches the handout
    questions_file: str = ""  # the path of the table of questions in the handout

    @classmethod
    def of(cls, lab: Lab) -> Settings:
        """Read them from the lab's table. Raises BuildError if a required one is missing."""
        for key in ("colab_base", "release"):
            if not getattr(lab.settings, key):
                raise BuildError(
                    f"{lab.assignment / FILE}: {key} is missing; it must be {must_be_of(Table, key).words}, above the questions."
                )
        return cls(
            lab.settings.colab_base.rstrip("/"),
            lab.settings.release,
            lab.settings.shared_lines,
            lab.settings.handout_url,
            lab.settings.questions_file,
        )
