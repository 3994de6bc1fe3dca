"""A service that a specification describes."""

import json

from azure.ai.agents.models import OpenApiAnonymousAuthDetails, OpenApiTool

with open("countries.json") as file:
    countries = json.load(file)

lookup = OpenApiTool(
    name="get_country",
    spec=countries,
    description="Retrieve facts of a country",
    auth=OpenApiAnonymousAuthDetails(),
)
