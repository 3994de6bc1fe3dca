"""Alerts to people and the export to a SIEM, sent in the background, so that ingest never waits for them.

Data flows one way: a change of a finding becomes a `FindingEvent` (`event`), `service` stores one delivery for each
destination that wants it, `outbox` sends deliveries, and each kind of destination formats the event for its receiver.
"""
