from agents import Agent, tool


@tool(name_override="shipping_quote", description_override="Price of shipping a parcel")
def quote(weight_kg: float, country: str) -> float:
    return 4.2 + weight_kg


clerk = Agent(name="Clerk", tools=[quote])
