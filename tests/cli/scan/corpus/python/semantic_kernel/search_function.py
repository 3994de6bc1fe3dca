"""Searches of a vector store, as functions of a kernel."""

from semantic_kernel import Kernel
from semantic_kernel.connectors.postgres import PostgresCollection

manuals = PostgresCollection(collection_name="manuals")
notes = PostgresCollection(collection_name="notes")

kernel = Kernel()
kernel.add_functions(
    plugin_name="library",
    functions=[
        manuals.create_search_function(description="Searches the manuals."),
        notes.create_search_function(function_name="search_notes", description="Searches the notes."),
    ],
)
