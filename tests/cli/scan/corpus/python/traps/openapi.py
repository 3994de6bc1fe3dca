OPERATION = {
    "operationId": "listPets",
    "parameters": [{"name": "limit", "in": "query", "description": "How many", "schema": {"type": "integer"}}],
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "pets", "schema": {"type": "object"}}}
EVENT = {"type": "function_call", "name": "list_pets", "arguments": "{}"}
