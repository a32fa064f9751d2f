"""nbgrader's settings for this course: assignment/ is its source, release/ its release.

nbgrader reads notebooks, the masters are percent-format scripts. They are converted here, whenever nbgrader
loads its settings and a notebook is not what its master says.
"""

from pathlib import Path

from gatelab.build.course import configure

configure(get_config(), Path(__file__).resolve().parent)  # noqa: F821 (nbgrader defines get_config)
