"""Ids of public catalogues."""

import re

import pytest

from agentsentinel_core import taxonomy
from agentsentinel_core.posture import CATALOGUE


def test_the_ten_of_owasp_are_all_there():
    assert list(taxonomy.OWASP_AGENTIC) == [f"ASI{number:02}" for number in range(1, 11)]


@pytest.mark.parametrize("reference", sorted(taxonomy.MITRE_ATLAS))
def test_an_atlas_id_has_the_form_of_one(reference):
    assert re.fullmatch(r"AML\.TA?\d{4}(\.\d{3})?", reference)


def test_every_reference_of_a_rule_has_a_title():
    assert all(taxonomy.title(reference) for rule in CATALOGUE for reference in rule.references)


def test_an_unknown_id_has_none():
    with pytest.raises(KeyError):
        taxonomy.title("ASI11")
