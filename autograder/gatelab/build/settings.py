"""The build's few settings: the table [tool.gatelab] of pyproject.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from gatelab.build.errors import BuildError
from gatelab.lab.spec import Lab


@dataclass(frozen=True)
class Settings:
    """What may differ from one course to the next."""

    colab_base: str  # Colab's address of the repository's root, without a slash at the end
    # What students get beside the notebook; nothing that is not named here is shipped.
    release: tuple[str, ...]
    # Lines that a solution or a hidden suite may share with the release.
    shared_lines: tuple[str, ...] = ()
    handout_url: str = ""  # where Colab fetches the handout

    @classmethod
    def of(cls, root: Path, lab: Lab | None = None) -> Settings:
        """Read them from the pyproject.toml in `root`; the lists that a lab has of its own take their place."""
        path = root / "pyproject.toml"
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["gatelab"]
            settings = cls(
                table["colab_base"].rstrip("/"),
                tuple(table["release"]),
                tuple(table.get("shared_lines", ())),
                table.get("handout_url", ""),
            )
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise BuildError(f"{path}: {error}") from error
        except KeyError as error:
            raise BuildError(f"{path}: [tool.gatelab] has no {error}.") from error
        if lab is not None:
            settings = replace(
                settings,
                release=lab.own_list("release", settings.release),
                shared_lines=lab.own_list("shared_lines", settings.shared_lines),
            )
        return settings

    def colab_url(self, path: str) -> str:
        """Colab's address of a notebook, `path` being relative to the repository's root."""
        return f"{self.colab_base}/{path}"
