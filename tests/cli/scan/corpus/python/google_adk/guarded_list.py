"""Functions that a guard of this file wraps on their way into the list."""

from functools import wraps

from google.adk.agents import LlmAgent


def guarded(function):
    @wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except ValueError as error:
            return {"error": str(error)}

    return call


def forecast_demand(product: str) -> dict:
    """Forecast the demand of a product."""
    return {"product": product}


def compare_prices(product: str) -> dict:
    """Compare the prices of a product."""
    return {"product": product}


planning_tools = [guarded(forecast_demand), guarded(compare_prices)]

planner = LlmAgent(name="planner", model="gemini-2.5-flash", instruction="Plan purchases.", tools=planning_tools)
