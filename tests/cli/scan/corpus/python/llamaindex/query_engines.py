from llama_index.core.tools import QueryEngineTool, ToolMetadata


def expose(engine, name: str = "handbook"):
    return QueryEngineTool.from_defaults(query_engine=engine, name=name, description="The handbook")


annual = QueryEngineTool(
    query_engine=index.as_query_engine(),
    metadata=ToolMetadata(name="annual_report", description="The annual report of 2024"),
)
