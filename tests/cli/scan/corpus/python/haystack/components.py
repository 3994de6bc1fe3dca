from haystack.components.websearch import SerperDevWebSearch
from haystack.tools import ComponentTool, PipelineTool

search = ComponentTool(component=SerperDevWebSearch(top_k=3), name="web_search", description="Search the web")
plain = ComponentTool(component=SerperDevWebSearch())
ask = PipelineTool(pipeline=rag, input_mapping={"q": ["r.q"]}, name="ask_documents", description="Ask the documents")
