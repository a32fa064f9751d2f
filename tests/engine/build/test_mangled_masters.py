"""A master that somebody has mangled at random around its markers: it is refused, or it shows nothing of the solutions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatelab.build import BuildError
from gatelab.build.release import make_release
from gatelab.lab.spec import Lab
from helpers import build_kit
from helpers.mangled_masters import lines_of_regions, mangled, shown_by
from helpers.shares import WHOLE


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kit.make_kit(tmp_path_factory.mktemp("course"))


@settings(max_examples=150 if WHOLE else 75, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_mangled_master_is_refused_or_shows_nothing(course, tmp_path_factory, data):
    text = data.draw(mangled(build_kit.MASTER))
    build_kit.write_master(course, build_kit.MASTER)
    secret = lines_of_regions(build_kit.MASTER)
    build_kit.write_master(course, text)
    try:
        release = make_release(Lab.in_repository(course), course, tmp_path_factory.mktemp("mangled"))
    except BuildError as error:
        assert "\n" not in str(error)
        return
    shown = shown_by(release)
    assert [line for line in secret if line in shown] == []
