import smtplib
from typing import Type

from crewai.tools import BaseTool
from pydantic import BaseModel, Field


class MailInput(BaseModel):
    """What a mail needs."""
    to: str = Field(..., description="Address")
    text: str


class MailTool(BaseTool):
    name: str = "Send Mail"
    description: str = "Sends a mail to a customer."
    args_schema: Type[BaseModel] = MailInput

    def _run(self, to: str, text: str) -> str:
        with smtplib.SMTP("mail.example") as server:
            server.sendmail("bot@example.com", to, text)
        return "sent"
