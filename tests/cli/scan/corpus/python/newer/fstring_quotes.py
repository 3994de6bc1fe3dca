from langchain_core.tools import tool

CONFIG = {"host": "db.example", "port": 5432}


def address() -> str:
    return f"postgres://{CONFIG["host"]}:{CONFIG["port"]}/main"


@tool
def table_size(table: str) -> str:
    """Size of a table."""
    return f"{table}: {'\n'.join(["a", "b"])} at {CONFIG["host"]}"


@tool("drop table")
def drop(table: str) -> str:
    """Drop a table."""
    CURSOR.execute(f"DROP TABLE {table}")
    return f"dropped {CONFIG["host"]}"
