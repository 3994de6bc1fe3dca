"""Every format of the catalogue passes the prefilter for credentials, whatever value it takes."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentsentinel_cli.scan.catalog.credential_shapes import ANCHORS, SHAPES, CredentialShape
from agentsentinel_cli.scan.content.credential_prefilter import may_hold_secret


def name_of(shape: CredentialShape) -> str:
    return f"{shape.provider} {shape.anchor.decode()}"


@pytest.mark.parametrize("shape", SHAPES, ids=name_of)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_value_of_a_format_passes_the_prefilter(shape: CredentialShape, data: st.DataObject) -> None:
    pattern = re.compile(shape.pattern.pattern)
    value = data.draw(st.from_regex(pattern, fullmatch=True))
    assert shape.anchor in value
    assert may_hold_secret(b'x = "' + value + b'"\n')


def test_every_anchor_is_searched_once() -> None:
    assert len(ANCHORS) == len(set(ANCHORS))
    assert {shape.anchor for shape in SHAPES} == set(ANCHORS)
