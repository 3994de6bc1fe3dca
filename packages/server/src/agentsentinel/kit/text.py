"""Text fields as clients may fill them."""

from typing import Annotated

from pydantic import AfterValidator, Field


def _refuse_unstorable(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not contain NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain half a surrogate pair") from None
    return value


Text = Annotated[str, AfterValidator(_refuse_unstorable)]
"""Any text that PostgreSQL can store. It is stored and given back unaltered."""
Name = Annotated[Text, Field(min_length=1, max_length=255)]
Label = Annotated[Text, Field(min_length=1, max_length=128)]


def printable(text: str) -> str:
    """The text as a terminal may show it: control characters and marks that turn its direction are escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
