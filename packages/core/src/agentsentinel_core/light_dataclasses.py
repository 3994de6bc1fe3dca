"""`dataclass`, `field` and `replace` as the standard library has them, at a quarter of the cost of loading.

A command that reads one small file spends a third of its time on making dataclasses: the standard decorator compiles
six functions for each, and loading it loads `inspect`. This one compiles `__init__` and shares the rest. To type
checkers, to `dataclasses.replace`, `fields` and `is_dataclass`, and to readers these are dataclasses; classes that
inherit fields are not supported.

Other makers of records do not help: importing msgspec takes six times an empty interpreter, all that a first scan may.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from agentsentinel_core._light_dataclasses import dataclass, field, replace

__all__ = ["dataclass", "field", "replace"]
