"""Findings and what keeps them honest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.findings import Finding, Severity


def finding(*evidence: str, rule_id: str = "RULE", message: str = "m") -> Finding:
    return Finding(rule_id, Severity.LOW, "t", message, evidence)


def test_a_finding_without_evidence_cannot_be_built():
    with pytest.raises(ValueError, match="needs evidence"):
        finding()


def test_evidence_is_sorted_and_unique():
    assert finding("tool:b", "tool:a", "tool:b").evidence == ("tool:a", "tool:b")


def test_the_fingerprint_is_64_hex_digits():
    print_ = finding("tool:a").fingerprint
    assert len(print_) == 64
    assert set(print_) <= set("0123456789abcdef")


def test_the_fingerprint_does_not_depend_on_wording_or_order():
    assert finding("a", "b").fingerprint == finding("b", "a", message="other words").fingerprint


def test_the_fingerprint_changes_with_rule_and_evidence():
    prints = {finding("a").fingerprint, finding("a", "b").fingerprint, finding("a", rule_id="OTHER").fingerprint}
    assert len(prints) == 3


def test_the_fingerprint_never_changes_between_releases():
    # Stored findings are found again by it; a change here would reopen every one of them.
    expected = "fa9e6a577e9cfee3e69b5be9049cae681683602c438b8defc7bc40b6de82efcc"
    assert finding("tool:send_email", rule_id="MISSING_RATE_LIMIT").fingerprint == expected


@given(st.lists(st.text(st.characters()), min_size=1), st.lists(st.text(st.characters()), min_size=1))
def test_different_evidence_has_different_fingerprints(one, other):
    assert (finding(*one).fingerprint == finding(*other).fingerprint) == (set(one) == set(other))


def test_severities_compare_by_how_bad_they_are():
    ordered = sorted(Severity, key=lambda severity: severity.rank)
    assert ordered == [Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]
    assert Severity.CRITICAL.at_least(Severity.HIGH)
    assert Severity.HIGH.at_least(Severity.HIGH)
    assert not Severity.LOW.at_least(Severity.MEDIUM)
