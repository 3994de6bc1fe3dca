"""Each host and place is one agent, however often and by how many it is found."""

from concurrent.futures import ThreadPoolExecutor

from server.discoveries.support import WORKER, host, register
from server.support import Server, query


def test_the_same_place_on_another_host_is_another_agent(server: Server) -> None:
    (one,), (other,) = register(server, host(), WORKER), register(server, host(), WORKER)
    assert one["agent_id"] != other["agent_id"]


def test_a_place_that_is_named_twice_in_one_report_is_one_agent(server: Server) -> None:
    assert len(register(server, host(), WORKER, {**WORKER, "name": "again"})) == 1


def test_reports_of_one_host_at_the_same_time_make_one_agent(server: Server) -> None:
    name = host()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: register(server, name, WORKER)[0], range(8)))
    assert len({result["agent_id"] for result in results}) == 1
    assert sum(result["is_new"] for result in results) == 1


def test_an_agent_that_was_deleted_is_new_when_it_is_found_again(server: Server) -> None:
    name = host()
    (first,) = register(server, name, WORKER)
    assert server.api.delete(f"agents/{first['agent_id']}").status_code == 204
    (second,) = register(server, name, WORKER)
    assert second["is_new"]
    assert second["agent_id"] != first["agent_id"]


def test_adding_one_is_in_the_audit_log_and_updating_it_is_not(server: Server) -> None:
    name = host()
    (result,) = register(server, name, WORKER)
    register(server, name, WORKER)
    rows = query(server.dsn, "SELECT action, detail FROM audit_log WHERE subject_id = $1", result["agent_id"])
    assert [(row["action"], row["detail"]) for row in rows] == [
        ("agent_registered", f"found on {name}: /srv/worker.py")
    ]
