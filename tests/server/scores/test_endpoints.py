"""Trust Scores follow what happens, say what moved them, and come with the baselines behind them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from server.support import Server, assert_refused, query


def history(server: Server, agent_id: str, **params: Any) -> list[dict[str, Any]]:
    answer = server.api.get(f"agents/{agent_id}/score/history", params=params)
    assert answer.status_code == 200, answer.text
    points: list[dict[str, Any]] = answer.json()
    return points


def test_a_score_is_the_weighted_sum_of_its_parts(server: Server) -> None:
    agent_id = server.new_agent(description="Searches and mails")
    for tool_name in ("read_database", "send_email"):
        server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool_name})
    for number in range(6):
        server.report(agent_id, f"tool_{number % 2}")
    server.wait_for_score(agent_id, events=6)
    score = server.api.get(f"agents/{agent_id}/score").json()
    assert score["behavior_score"] == round(100 * (1 - (2 * 0.9 + 4 * 0.7) / 6), 2)
    assert score["recency_bonus"] == 10
    expected = 0.45 * score["posture_score"] + 0.45 * score["behavior_score"] + 10
    assert score["trust_score"] == round(expected, 2)
    findings = server.api.get(f"agents/{agent_id}/findings", params={"status": "OPEN"}).json()
    assert score["findings_count"] == len(findings)
    agent = server.api.get(f"agents/{agent_id}").json()
    assert {name: agent[name] for name in score if name in agent} == {k: v for k, v in score.items() if k in agent}


def test_an_agent_without_events_has_an_unknown_behaviour(server: Server) -> None:
    score = server.api.get(f"agents/{server.new_agent()}/score").json()
    assert score == {
        "trust_score": 67.5,
        "posture_score": 100.0,
        "behavior_score": 50.0,
        "recency_bonus": 0.0,
        "status": "WATCH",
        "findings_count": 0,
    }


def test_the_fifth_event_of_an_hour_earns_the_recency_bonus(server: Server) -> None:
    agent_id = server.new_agent()
    for _ in range(4):
        server.report(agent_id)
    assert server.api.get(f"agents/{agent_id}/score").json()["recency_bonus"] == 0
    server.report(agent_id)
    assert server.api.get(f"agents/{agent_id}/score").json()["recency_bonus"] == 10


def test_each_change_of_a_score_is_kept_with_what_moved_it(server: Server) -> None:
    agent_id = server.new_agent(description="Deletes old files")
    granted = server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "delete_file"}).json()
    server.report(agent_id, "delete_file")
    server.wait_for_score(agent_id, events=1)
    server.api.patch(f"agents/{agent_id}/grants/{granted['id']}", json={"rate_limit_per_hour": 5})
    newest, called, first = history(server, agent_id)
    finding = {"finding": "MISSING_RATE_LIMIT", "severity": "LOW"}
    assert first["causes"][0] == {"part": "posture", "from": None, "to": 95.0}
    assert first["causes"][-1] == {**finding, "change": "opened"}
    assert called["causes"] == [{"part": "behavior", "from": 50.0, "to": 10.0, "new_events": 1}]
    assert newest["causes"] == [{"part": "posture", "from": 95.0, "to": 100.0}, {**finding, "change": "resolved"}]
    agent = server.api.get(f"agents/{agent_id}").json()
    assert [newest[name] for name in ("trust_score", "status")] == [agent["trust_score"], agent["status"]]


def test_a_score_that_stays_makes_no_history(server: Server) -> None:
    agent_id = server.new_agent()
    for _ in range(5):
        server.api.get(f"agents/{agent_id}/score")
    assert len(history(server, agent_id)) == 1


def test_the_history_is_paged_newest_first(server: Server) -> None:
    agent_id = server.new_agent(description="Deletes old files")
    granted = server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "delete_file"}).json()
    for number in range(6):
        change = {"rate_limit_per_hour": None if number % 2 else 5}
        server.api.patch(f"agents/{agent_id}/grants/{granted['id']}", json=change)
    everything = history(server, agent_id)
    assert len(everything) == 7
    assert [point["recorded_at"] for point in everything] == sorted(
        (p["recorded_at"] for p in everything), reverse=True
    )
    paged: list[dict[str, Any]] = []
    path = f"/api/v1/agents/{agent_id}/score/history"
    url = f"{path}?limit=3"
    while url:
        answer = server.request("GET", url, server.admin_key)
        paged += answer.json()
        link = answer.links.get("next", {}).get("url", "")
        url = path + link if link.startswith("?") else link
    assert paged == everything


def test_no_agent_has_no_score(server: Server) -> None:
    for path in ("score", "score/history", "baselines"):
        assert_refused(server.api.get(f"agents/{uuid4()}/{path}"), 404)


POINTS = """
    INSERT INTO score_history (agent_id, recorded_at, id, trust_score, posture_score, behavior_score, recency_bonus,
                               status, causes)
    SELECT $1, now() + interval '30 s' - n * interval '1 minute', gen_random_uuid(), n % 100, 50, 50, 0, 'WATCH', '[]'
    FROM generate_series(1, $2::int) n
"""


def test_the_history_is_that_of_a_span(server: Server) -> None:
    agent_id = server.new_agent()
    query(server.dsn, POINTS, UUID(agent_id), 300)
    found = history(server, agent_id, since="100m", until="40m", limit=500)
    assert [point["trust_score"] for point in found] == [number % 100 for number in range(41, 101)]


def test_a_series_is_down_sampled_over_all_changes_of_the_span_not_cut_to_the_newest(server: Server) -> None:
    agent_id = server.new_agent()
    query(server.dsn, POINTS, UUID(agent_id), 3_000)
    given: dict[str, Any] = {"since": "2880m", "until": "0", "buckets": 48}
    series = server.api.get(f"agents/{agent_id}/score/series", params=given).json()
    assert len(series["buckets"]) == 48
    assert series["bucket_seconds"] == 3600
    assert series["before"] == 2881 % 100
    assert sum(bucket["changes"] for bucket in series["buckets"]) == 2_880
    newest = series["buckets"][-1]
    assert (newest["lowest"], newest["highest"], newest["last"], newest["changes"]) == (1, 60, 1, 60)
    assert newest["last_at"] >= newest["at"]


def test_a_series_covers_30_days_or_the_shorter_life_of_the_agent(server: Server) -> None:
    agent_id = server.new_agent()
    server.api.get(f"agents/{agent_id}/score")
    series = server.api.get(f"agents/{agent_id}/score/series").json()
    assert series["since"] == history(server, agent_id)[0]["recorded_at"]
    assert [bucket["changes"] for bucket in series["buckets"]] == [1]
    assert series["before"] is None
    query(server.dsn, POINTS.replace("minute", "day"), UUID(agent_id), 100)
    series = server.api.get(f"agents/{agent_id}/score/series").json()
    since, until = (datetime.fromisoformat(series[name]) for name in ("since", "until"))
    assert until - since == timedelta(days=30)


def test_a_series_of_too_many_parts_or_of_an_unknown_agent_is_refused(server: Server) -> None:
    path = f"agents/{server.new_agent()}/score/series"
    for buckets in (0, 1_001):
        assert_refused(server.api.get(path, params={"buckets": buckets}), 422)
    assert_refused(server.api.get(path, params={"since": "401d"}), 422)
    assert_refused(server.api.get(f"agents/{uuid4()}/score/series"), 404)
