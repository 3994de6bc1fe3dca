"""The audit log as a file: all that pass the filters, with names, in two forms."""

import csv
import io

from agentsentinel.audit.actions import Action
from agentsentinel.audit.export import PAGE
from server.audit.support import entries
from server.support import Server, assert_refused, query


def test_csv_has_a_line_for_each_entry_and_names_for_ids(audited: Server) -> None:
    agent_id = audited.new_agent(name="exported-agent")
    audited.new_key("agent", agent_id)
    answer = audited.api.get("audit/export", params={"format": "csv", "action": "key_created"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == len(entries(audited, Action.KEY_CREATED))
    assert rows[0]["detail"] == "scope agent, agent exported-agent"
    assert rows[0]["subject_name"] == "test-agent"


def test_json_is_an_array_of_all_that_the_list_says_page_by_page(audited: Server) -> None:
    copies = """
        INSERT INTO audit_log (id, at, action, actor_name, address, subject_name, key_prefix, detail, count)
        SELECT gen_random_uuid(), now() - n * interval '1 second', 'agent_changed', 'copied', '', 'x', '', '', 1
        FROM generate_series(1, $1::int) n
    """
    query(audited.dsn, copies, 2 * PAGE)
    found = audited.api.get("audit/export", params={"actor_name": "copied"}).json()
    assert len({one["id"] for one in found}) == 2 * PAGE
    assert found[:200] == audited.api.get("audit", params={"actor_name": "copied", "limit": 200}).json()
    assert audited.api.get("audit/export", params={"actor_name": "absent"}).json() == []
    query(audited.dsn, "DELETE FROM audit_log WHERE actor_name = 'copied'")


def test_an_unknown_form_is_refused(audited: Server) -> None:
    assert_refused(audited.api.get("audit/export", params={"format": "xml"}), 422)
