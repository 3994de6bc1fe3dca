from haystack.tools import Tool


class SendInvoice(Tool):
    def __init__(self, mailer):
        self.mailer = mailer
        super().__init__(
            name="send_invoice",
            description="Send an invoice",
            parameters={"type": "object", "properties": {"to": {"type": "string"}}},
            function=self.send,
        )

    def send(self, to: str) -> str:
        self.mailer.send_email(to)
        return "sent"
