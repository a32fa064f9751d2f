"""Releases feedback through nbgrader's exchange for a class in which not everybody handed in through it."""

from __future__ import annotations

import glob
import shutil
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

# The files by which the exchange identifies a submission.
IDENTIFYING_FILES = ("timestamp.txt", "submission_secret.txt")


class ReleaseFeedback(ExchangeReleaseFeedback):  # type: ignore[misc]  # nbgrader has no stubs
    """Replaces nbgrader's own, which stops with a traceback at the first student whose notebook was handed in another way (a file
    from an e-mail put into `submitted/`), so that later students get no feedback."""

    def copy_files(self) -> None:
        """Release feedback for what was handed in through the exchange, and name who must get the page another way."""
        excluded = self.coursedir.student_id_exclude
        folders = [Path(path) for path in sorted(glob.glob(self.src_path)) if Path(path).is_dir()]
        here = [folder for folder in folders if all((folder / name).is_file() for name in IDENTIFYING_FILES)]
        others = [self._student(folder) for folder in folders if folder not in here]
        if others:
            self.log.warning(
                "Not released, because it did not come in through the exchange: %s. "
                "Send the pages in %s yourself.",
                ", ".join(others),
                Path(self.coursedir.feedback_directory),
            )
        try:
            self.coursedir.student_id_exclude = ",".join(filter(None, [excluded, *others]))
            super().copy_files()
        finally:
            self.coursedir.student_id_exclude = excluded
        left_out = {*excluded.split(",")}
        for folder in here:
            if self._student(folder) not in left_out:
                self._under_own_names(folder)

    def _under_own_names(self, folder: Path) -> None:
        """Release the page also under the names of notebooks that students renamed, because `fetch_feedback` asks for the name
        of the student's file."""
        pages = list(folder.glob("*.html"))
        if len(pages) != 1:
            return
        secret = (folder / "submission_secret.txt").read_text(encoding="utf-8", errors="replace")
        place = self.coursedir.format_path(
            self.coursedir.submitted_directory, self._student(folder), self.coursedir.assignment_id
        )
        for notebook in Path(place).glob("*.ipynb"):
            if notebook.stem != pages[0].stem:
                name = notebook_hash(secret=secret, notebook_id=notebook.stem)
                shutil.copy(pages[0], Path(self.dest_path, f"{name}.html"))

    def _student(self, folder: Path) -> str:
        """The student whose feedback is in `feedback/STUDENT/ASSIGNMENT`."""
        return folder.parent.name
