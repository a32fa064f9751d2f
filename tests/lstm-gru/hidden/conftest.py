"""The hidden suites run with gatelab's grading plugin: see autograder/gatelab/grading/plugin.py."""

from gatelab.grading.plugin import (  # noqa: F401
    draw,
    pytest_addoption,
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_runtest_setup,
    pytest_sessionfinish,
    pytest_terminal_summary,
    seed,
    student,
)
