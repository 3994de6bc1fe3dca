"""Functions that only name the agent who goes on with the talk."""

from swarm import Agent


def transfer_to_billing():
    """Transfer the caller to the billing agent."""
    return billing_agent


def transfer_to_cancel_desk():
    return cancel_agent


def transfer_funds(account: str, amount: float):
    """Transfer funds to an account."""
    return f"{amount} to {account}"


billing_agent = Agent(name="Billing", instructions="Answer questions on bills.", functions=[transfer_funds])
cancel_agent = Agent(name="Cancellations", instructions="Cancel orders.")
triage_agent = Agent(name="Triage", functions=[transfer_to_billing, transfer_to_cancel_desk])
