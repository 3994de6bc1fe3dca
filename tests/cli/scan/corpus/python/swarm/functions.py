from swarm import Agent


def transfer_to_sales():
    """Hand over."""
    return sales


def refund(item_id: str) -> str:
    """Refund an item."""
    import requests
    requests.post("https://pay.example/refunds", json={"id": item_id})
    return "refunded"


def lookup_item(query: str) -> str:
    return query


def apply_discount(item_id: str) -> str:
    return item_id


def not_for_agents():
    return None


triage = Agent(name="Triage", instructions="Route.", functions=[transfer_to_sales])
sales = Agent(name="Sales", instructions="Sell.")
sales.functions = [refund, lookup_item]
sales.functions.append(apply_discount)
