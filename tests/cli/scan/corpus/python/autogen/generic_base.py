from autogen_core import CancellationToken
from autogen_core.tools import BaseTool
from pydantic import BaseModel


class Query(BaseModel):
    text: str


class Rows(BaseModel):
    rows: list[str]


class WarehouseTool(BaseTool[Query, Rows]):
    def __init__(self, dsn: str) -> None:
        super().__init__(Query, Rows, "query_warehouse", "Ask the warehouse.")
        self._dsn = dsn

    async def run(self, args: Query, cancellation_token: CancellationToken) -> Rows:
        return Rows(rows=[])
