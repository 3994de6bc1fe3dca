"""A value of a policy's file with the line it stands on, so that every problem can be pointed at."""

from typing import Any

from agentsentinel_core.light_dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """One value. Of a mapping, `value` is a tuple of pairs of nodes in the order of the file, doubled keys included."""

    value: Any
    """A scalar, a tuple of nodes, or a tuple of pairs of nodes."""
    line: int
    """From 1."""
    is_mapping: bool = False
    is_sequence: bool = False

    @property
    def plain(self) -> Any:
        """The value without lines: scalars, lists and dicts."""
        if self.is_mapping:
            return {key.plain: value.plain for key, value in self.value}
        return [item.plain for item in self.value] if self.is_sequence else self.value
