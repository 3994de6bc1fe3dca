from .tracing import Traced, VectorIndex


def find_invoice(number: str) -> str:
    """Find an invoice by its number."""
    return number


def file_invoice(number: str) -> str:
    """Archive an invoice."""
    return store.move(number)


TOOLS = [Traced.from_defaults(fn=find_invoice), Traced.from_function(func=file_invoice, name="archive_invoice")]
index = VectorIndex.from_defaults(documents=[])
