"""Describe the difference between two states for the audit log."""

import json
from collections.abc import Mapping
from typing import Any


def describe_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Describe each value in `after` that differs from `before` as `name: old -> new`, in JSON; empty if none does."""
    return "; ".join(
        f"{name}: {json.dumps(before.get(name))} -> {json.dumps(value)}"
        for name, value in after.items()
        if before.get(name) != value
    )
