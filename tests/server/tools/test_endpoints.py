"""A tool is classified without being granted."""

from server.support import Server, assert_refused


def test_a_tool_is_classified_as_it_would_be_granted(server: Server) -> None:
    agent_id = server.new_agent()
    for tool_name in ("send_email", "read_database", "x", "<script>"):
        told = server.api.get("tools/classify", params={"tool_name": tool_name}).json()
        grant = server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool_name}).json()
        assert told == {name: grant[name] for name in told}
    for bad in ("", "x" * 256, "\0"):
        assert_refused(server.api.get("tools/classify", params={"tool_name": bad}), 422)
