from langchain.tools.retriever import create_retriever_tool

retriever_tool = create_retriever_tool(
    vectorstore.as_retriever(),
    "search_blog",
    "Search the company's blog.",
)
