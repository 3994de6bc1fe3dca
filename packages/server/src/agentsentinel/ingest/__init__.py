"""The one path of every event: validate, count, judge, store, tell."""
