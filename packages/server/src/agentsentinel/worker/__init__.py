"""What happens after an event is stored: scores, alerts, housekeeping. Everything here may run twice."""
