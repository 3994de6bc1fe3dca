"""Several worker processes share the outbox: each alert is sent once; those of a worker that dies are sent again."""

from collections import Counter
from pathlib import Path

from standardwebhooks import Webhook

from server.alerts.receivers import HANG, HttpReceiver, http_receiver
from server.alerts.support import EXFILTRATION, WEBHOOK_SECRET
from server.cluster.support import ClusterUnderTest, cluster_under_test, wait_until
from server.support import Server, query

AGENTS = 6
MINUTE_PASSES = "UPDATE alert_deliveries SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL"
"""What a worker has claimed is free again after a minute; the test does not wait that long."""


def settings_of(receiver: HttpReceiver) -> dict[str, str]:
    return {"ALERT_WEBHOOK_URL": receiver.url, "ALERT_WEBHOOK_SECRET": WEBHOOK_SECRET}


def open_findings(server: Server) -> None:
    for _ in range(AGENTS):
        agent_id = server.new_agent()
        for tool in EXFILTRATION:
            assert server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool}).status_code == 201


def stored(cluster: ClusterUnderTest) -> set[str]:
    return {str(row["event_id"]) for row in query(cluster.dsn, "SELECT event_id FROM alert_deliveries")}


def is_all_sent(cluster: ClusterUnderTest) -> bool:
    waiting = "SELECT count(*) AS n FROM alert_deliveries WHERE sent_at IS NULL"
    return bool(query(cluster.dsn, waiting)[0]["n"] == 0)


def times_posted(receiver: HttpReceiver) -> Counter[str]:
    for posted in receiver.requests:
        Webhook(WEBHOOK_SECRET).verify(posted.body, posted.headers)
    return Counter(posted.headers["webhook-id"] for posted in receiver.requests)


def test_two_workers_post_each_alert_once(postgres_dsn: str, folder: Path) -> None:
    with (
        http_receiver(200) as receiver,
        cluster_under_test(folder, postgres_dsn, settings=settings_of(receiver)) as cluster,
    ):
        open_findings(cluster.first)
        wait_until(lambda: is_all_sent(cluster))
        posted = times_posted(receiver)
    assert (set(posted), set(posted.values()), len(posted)) == (stored(cluster), {1}, AGENTS)


def test_what_a_killed_worker_was_sending_is_sent_by_the_next(postgres_dsn: str, folder: Path) -> None:
    with (
        http_receiver(HANG, 200) as receiver,
        cluster_under_test(folder, postgres_dsn, workers=1, settings=settings_of(receiver)) as cluster,
    ):
        open_findings(cluster.first)
        in_flight = receiver.arrived.get(timeout=60).headers["webhook-id"]
        (worker,) = cluster.parts.workers
        worker.kill()
        query(cluster.dsn, MINUTE_PASSES)
        worker.start()
        wait_until(lambda: is_all_sent(cluster))
        posted = times_posted(receiver)
    assert set(posted) == stored(cluster)
    assert posted == Counter({**dict.fromkeys(posted, 1), in_flight: 2})
