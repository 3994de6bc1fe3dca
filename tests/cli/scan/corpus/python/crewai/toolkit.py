from crewai.tools import BaseTool
from pydantic import PrivateAttr


class _Base(BaseTool):
    _client: object = PrivateAttr()

    def __init__(self, client, **kwargs):
        super().__init__(**kwargs)
        self._client = client


class ListOrders(_Base):
    name: str = "list_orders"
    description: str = "Orders of a customer"

    def _run(self, customer: str) -> str:
        return self._client.orders(customer)


class CancelOrder(_Base):
    name: str = "cancel_order"
    description: str = "Cancel an order"

    def _run(self, order: str) -> str:
        return self._client.cancel(order)


class OrderToolkit:
    def get_tools(self):
        return [ListOrders(self.client), CancelOrder(self.client)]
