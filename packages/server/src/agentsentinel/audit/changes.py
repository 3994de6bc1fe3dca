"""What differs between two states, in the words of the audit log."""

import json
from collections.abc import Mapping
from typing import Any


def describe_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """`name: old -> new` of each value of `after` that was another one before, as JSON; empty when none was."""
    return "; ".join(
        f"{name}: {json.dumps(before.get(name))} -> {json.dumps(value)}"
        for name, value in after.items()
        if before.get(name) != value
    )
