"""NEW_COMPANY: common tools that are not used together."""

from agentsentinel_core.behavior.sessions.detectors.new_company import NewCompany
from core.behavior.sessions.sessions import calls, known, measure, session

SEPARATE = [session(["read_mail", "archive"]), session(["get_order", "refund"])] * 20


def test_two_common_tools_that_never_met_in_a_session_measure_in_either_order():
    what = known(*SEPARATE)
    assert measure(NewCompany(), calls(["read_mail", "refund"]), what)[1] > 4
    assert measure(NewCompany(), calls(["refund", "read_mail"]), what)[1] > 4
    assert measure(NewCompany(), calls(["archive", "read_mail"]), what)[1] < 0.2


def test_the_first_tool_and_one_that_was_used_already_measure_nothing():
    assert measure(NewCompany(), calls(["read_mail", "archive", "read_mail"]), known(*SEPARATE))[::2] == [0, 0]


def test_what_peers_use_together_is_less_of_a_surprise():
    alone = measure(NewCompany(), calls(["read_mail", "refund"]), known(*SEPARATE))[1]
    shared = known(*SEPARATE, peers=[session(["read_mail", "refund"])] * 40)
    assert measure(NewCompany(), calls(["read_mail", "refund"]), shared)[1] < alone - 1
