"""What holds for any agent."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.agents import AgentProfile, EvidenceKind, MCPConnection, ToolGrant
from agentsentinel_core.posture import CORE_RULES, RULES, evaluate
from core.posture.samples import DEMO_TOOLS, FILESYSTEM_TOOLS, NOW

tool_names = st.one_of(
    st.sampled_from(
        [
            *DEMO_TOOLS,
            *FILESYSTEM_TOOLS,
            "bash",
            "get_secret",
            "manage_roles",
            "deploy_container",
            "get_user_role",
            "pay",
        ]
    ),
    st.text(st.characters(), max_size=20),
)
moments = st.none() | st.timedeltas(timedelta(days=-90), timedelta(days=1)).map(lambda age: NOW + age)
grants = st.builds(
    ToolGrant,
    tool_names,
    rate_limit_per_hour=st.none() | st.integers(1, 100_000),
    call_count_7d=st.none() | st.integers(0, 9),
    last_called_at=moments,
    granted_at=moments,
)
urls = st.sampled_from(["http://a.example", "https://a.example", "http://localhost", ""]) | st.text(
    st.characters(), max_size=20
)
connections = st.builds(MCPConnection, st.text(max_size=5), urls)
descriptions = (
    st.none() | st.sampled_from(["", "Read-only", "Searches the CRM", "Sends mail", " "]) | st.text(st.characters())
)
profiles = st.builds(
    AgentProfile,
    descriptions,
    st.lists(grants, max_size=20).map(tuple),
    st.lists(connections, max_size=6).map(tuple),
    st.frozensets(st.sampled_from(EvidenceKind)) | st.just(frozenset(EvidenceKind)),
)


@given(profiles)
def test_a_score_stays_between_0_and_100_and_each_rule_answers_once(profile):
    report = evaluate(profile, NOW)
    assert 0.0 <= report.score <= 100.0
    answered = [entry.rule_id for entry in (*report.findings, *report.not_evaluated)]
    assert len(answered) == len(set(answered))


@given(profiles, grants)
def test_one_grant_more_never_raises_the_score(profile, extra):
    more = replace(profile, grants=(*profile.grants, extra))
    for rules in (CORE_RULES, RULES):
        assert evaluate(more, NOW, rules).score <= evaluate(profile, NOW, rules).score


@given(profiles, connections)
def test_one_connection_more_never_raises_the_score(profile, extra):
    more = replace(profile, connections=(*profile.connections, extra))
    assert evaluate(more, NOW).score <= evaluate(profile, NOW).score


@given(profiles, st.randoms(use_true_random=False))
def test_order_does_not_matter(profile, random):
    shuffled = replace(
        profile,
        grants=tuple(random.sample(profile.grants, len(profile.grants))),
        connections=tuple(random.sample(profile.connections, len(profile.connections))),
    )
    one, other = evaluate(profile, NOW), evaluate(shuffled, NOW)
    assert one == other
    assert [finding.fingerprint for finding in one.findings] == [finding.fingerprint for finding in other.findings]


@given(profiles)
def test_the_same_input_gives_the_same_report(profile):
    assert evaluate(profile, NOW) == evaluate(profile, NOW)
