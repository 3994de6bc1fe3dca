from agno.tools import Toolkit


class LedgerTools(Toolkit):
    def __init__(self, path: str, **kwargs):
        self.path = path
        super().__init__(name="ledger", tools=[self.read_ledger, self.append_entry], **kwargs)

    def read_ledger(self) -> str:
        """Read the ledger."""
        return open(self.path).read()

    def append_entry(self, line: str) -> str:
        """Append an entry."""
        with open(self.path, "a") as ledger:
            ledger.write(line)
        return line

    def _sum(self) -> int:
        return 0
