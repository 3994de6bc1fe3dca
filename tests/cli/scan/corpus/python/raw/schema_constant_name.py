import enum


class Command(str, enum.Enum):
    SEARCH = "search_mail"
    ARCHIVE = "archive_mail"


SPECS = [
    {"name": Command.SEARCH, "description": "Search the mail", "input_schema": {"type": "object"}},
    {"name": Command.ARCHIVE.value, "description": "Archive a mail", "input_schema": {"type": "object"}},
]
