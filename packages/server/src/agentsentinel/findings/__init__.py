"""Findings: violations of posture rules by agents, from the moment a rule fires until its cause is gone."""
