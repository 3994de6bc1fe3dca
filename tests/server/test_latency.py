"""How long commits and scores take is in /metrics, in each role only what that role does."""

from agentsentinel.latency import Latency
from server.cluster.support import metric
from server.support import Server


def test_commits_and_scores_are_counted_with_their_durations(server: Server) -> None:
    agent_id = server.new_agent()
    for _ in range(3):
        server.report(agent_id)
    server.wait_for_score(agent_id, 3)
    text = server.request("GET", "/metrics").text
    assert metric(text, "agentsentinel_commit_seconds_count") >= 3
    assert metric(text, 'agentsentinel_commit_seconds_bucket{le="+Inf"}') >= 3
    assert metric(text, "agentsentinel_scoring_seconds_count") >= 1


def test_a_duration_falls_into_each_bucket_from_its_own_on() -> None:
    latency = Latency()
    latency.commit.observe(0.02)
    (family,) = latency.commit.collect()
    counts = {sample.labels.get("le"): sample.value for sample in family.samples if sample.name.endswith("_bucket")}
    assert (counts["0.01"], counts["0.025"], counts["+Inf"]) == (0, 1, 1)
