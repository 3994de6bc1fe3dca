from autogen import ConversableAgent, register_function

planner = ConversableAgent("planner", llm_config=CONFIG)
runner = ConversableAgent("runner", llm_config=False)


def lookup_zip(code: str) -> str:
    """City of a zip code."""
    return ZIPS[code]


register_function(lookup_zip, caller=planner, executor=runner, name="zip_lookup", description="City of a code")
