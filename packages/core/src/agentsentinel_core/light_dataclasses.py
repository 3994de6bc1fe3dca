"""`dataclass`, `field` and `replace` with the standard library's interface, at a quarter of its loading time.

A command that reads one small file would spend a third of its time on creating dataclasses: the standard decorator
compiles six functions for each, and loading it loads `inspect`. This one compiles `__init__` and shares the rest. Type
checkers, `dataclasses.replace`, `fields` and `is_dataclass` treat these classes as dataclasses; classes that inherit
fields are not supported.

Other libraries do not help: importing msgspec takes six times the start of an empty interpreter, which is the whole
time budget of a first scan.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from agentsentinel_core._light_dataclasses import dataclass, field, replace

__all__ = ["dataclass", "field", "replace"]
