"""Ids in the details of the audit log, found and replaced by names."""

from uuid import UUID

from agentsentinel.audit.mentions import find_ids, with_names

AGENT = UUID("01a204ce-1d5c-7c83-b0b4-a64d8106495c")
OTHER = UUID("01a204ce-1d5c-7c83-b0b4-a64d8106495d")


def test_ids_are_found_wherever_they_stand() -> None:
    assert find_ids([f"scope agent, agent {AGENT}", f"({OTHER})", "no id, 01a204ce-1d5c"]) == {AGENT, OTHER}


def test_an_id_with_a_name_is_replaced_and_another_one_stays() -> None:
    assert (
        with_names(f"agent {AGENT}, key {OTHER}", {AGENT: "support-bot", OTHER: ""})
        == f"agent support-bot, key {OTHER}"
    )
