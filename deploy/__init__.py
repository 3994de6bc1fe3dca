"""Running AgentSentinel on many machines: the chart, the dashboards and alerts, and a cluster on one machine."""
