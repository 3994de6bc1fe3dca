"""Which caller may report for which agent."""

from uuid import UUID, uuid4

import pytest

from agentsentinel.auth.principal import KeyScope, Principal

AGENT = UUID(int=1)


@pytest.mark.parametrize(
    ("scope", "bound_to", "may"),
    [
        (KeyScope.ADMIN, None, True),
        (KeyScope.AGENT, AGENT, True),
        (KeyScope.AGENT, UUID(int=2), False),
        (KeyScope.AGENT, None, False),
        (KeyScope.READONLY, None, False),
        (KeyScope.READONLY, AGENT, False),
    ],
)
def test_only_an_admin_and_the_agents_own_key_may_report(scope: KeyScope, bound_to: UUID | None, may: bool) -> None:
    assert Principal(uuid4(), scope, bound_to).may_report_for(AGENT) is may
