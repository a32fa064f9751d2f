"""Makes nbgrader's own `generate_assignment` release what was accepted, or nothing."""

from __future__ import annotations

from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from gatelab.build import snapshot
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab


class AcceptedOnly(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no stubs
    """Raises NotAccepted before a cell enters nbgrader's grade book. Runs right after StubSolutions."""

    kit = Unicode("", help="The kit's folder; empty if the build itself compares.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        if self.kit:
            root = Path(self.kit)
            lab = Lab.in_repository(root, resources["nbgrader"]["assignment"])
            try:
                snapshot.check_source(nb, lab, Settings.of(lab).release)
            except snapshot.NotAccepted as refusal:
                for line in refusal.difference:
                    self.log.error("%s", line)
                raise
        return nb, resources
