"""nbgrader's settings for this course: assignment/ is its source, release/ its release.

nbgrader reads notebooks, the masters are percent-format scripts. They are converted here, whenever nbgrader
loads its settings and a notebook is not what its master says.
"""

from pathlib import Path

try:
    from gatelab.build.course import configure_releases
    from gatelab.integrations.nbgrader.course import configure_grading

    settings, root = get_config(), Path(__file__).resolve().parent  # noqa: F821 (nbgrader defines get_config)
    configure_grading(settings, root)
    configure_releases(settings, root)
except ImportError as error:
    raise SystemExit(
        f"nbgrader_config.py: {error}; start nbgrader from the environment that `make` made, as .venv/bin/nbgrader."
    ) from error
except Exception as error:
    # nbgrader would report it and continue without these settings: it would run what students handed in, confined by nothing.
    raise SystemExit(f"nbgrader_config.py: {type(error).__name__}: {error}") from error
