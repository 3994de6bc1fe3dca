"""The main job, end to end: register, grant, report, score."""

from server.support import Server


def test_a_reported_event_moves_the_score_within_a_second(server: Server) -> None:
    agent_id = server.new_agent(description="Searches and queries the CRM for sales reps")
    server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "crm_search"})
    assert server.report(agent_id)["anomaly_score"] == 0.9
    agent = server.wait_for_score(agent_id, events=1, seconds=1.0)
    assert (agent["posture_score"], agent["behavior_score"], agent["trust_score"]) == (100.0, 10.0, 49.5)
    assert agent["status"] == "ALERT"
