"""The Trust Score of each agent, up to date within a second."""
