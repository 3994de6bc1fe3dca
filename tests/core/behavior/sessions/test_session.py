"""A running session: what came before the current call."""

from agentsentinel_core.behavior.sessions.session import MAX_DISTINCT, START, Session, call_of
from agentsentinel_core.behavior.sessions.state import pack_profile
from agentsentinel_core.behavior.sessions.work_profile import Profile
from core.behavior.sessions.sessions import calls, session


def test_a_call_writes_when_its_tool_does_and_is_named_with_its_operation():
    assert call_of("send_email", 0.0).is_write
    assert not call_of("get_file", 0.0).is_write
    assert call_of("bash", 0.0, "curl").token == "bash curl"


def test_the_context_begins_with_the_start():
    running, contexts = Session(0.0, 0), []
    for call in calls(["a", "b", "c"]):
        contexts.append(running.context)
        running.add(call)
    assert contexts == [(START,), (START, "a"), ("a", "b")]


def test_windows_are_filled_up_with_the_start():
    assert session(["a", "b"]).window(4, "c") == (START, "a", "b", "c")
    assert session(["a", "b", "c", "d"]).window(3, "e") == ("c", "d", "e")


def test_each_write_is_paired_with_the_reads_before_it():
    done = session(["get_file", "send_email", "get_contact", "send_email"])
    assert done.writes == [("get_file", "send_email"), ("get_file", "send_email"), ("get_contact", "send_email")]


def test_distinct_tools_are_kept_in_order_up_to_a_limit():
    assert list(session(["b", "a", "b"]).distinct) == ["b", "a"]
    assert len(session([f"tool_{n}" for n in range(200)]).distinct) == MAX_DISTINCT


def test_what_is_kept_for_learning_teaches_the_same_without_arguments_and_repeats():
    whole = session(["get_file", "send_email", "get_contact", "send_email"], arguments=["a", "b", "c", "d"])
    whole.maxima, whole.verdict = [1.0, 2.0], "fine"
    kept = whole.kept_for_learning()
    assert [call.argument for call in kept.calls] == [None] * 4
    assert kept.writes == [("get_file", "send_email"), ("get_contact", "send_email")]
    assert (kept.number, kept.maxima, kept.verdict) == (whole.number, whole.maxima, whole.verdict)
    of_whole, of_kept = Profile(), Profile()
    of_whole.learn(whole)
    of_kept.learn(kept)
    assert pack_profile(of_kept) == pack_profile(of_whole)
    assert [call.argument for call in whole.calls] == ["a", "b", "c", "d"], "the session itself stays as it was"
