"""What the dashboard sends with each change."""

from agentsentinel.auth.csrf import DASHBOARD_HEADER

OWN_PAGE = {DASHBOARD_HEADER: "1", "Sec-Fetch-Site": "same-origin"}
