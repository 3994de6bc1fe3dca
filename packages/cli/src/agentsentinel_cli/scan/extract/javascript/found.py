"""The tools found so far in one file."""

import re

from tree_sitter import Node

from agentsentinel_cli.scan.extract.javascript.body import Bodies, Dispatch
from agentsentinel_cli.scan.extract.javascript.module import Module, is_own
from agentsentinel_cli.scan.extract.javascript.syntax import (
    FUNCTIONS,
    key_of,
    place_of,
    string_of,
    text_of,
    unwrap,
)
from agentsentinel_cli.scan.extract.javascript.values import Values
from agentsentinel_cli.scan.facts import GrantFact, Symbol, ToolFact
from agentsentinel_core.light_dataclasses import dataclass, field, replace

Name = str | Symbol | None
SCHEMAS = ("inputSchema", "parameters", "schema", "input_schema", "input", "paramsSchema", "args")
HANDLERS = ("execute", "handler", "fn", "run", "callback", "func", "call", "cb", "invoke", "handle", "function")
DESCRIPTIONS = ("description", "summary", "desc")
HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
LONGEST_DESCRIPTION = 4000
_LONGEST_NAME = 200
"""Bytes of what may be a variable's name."""
_DEEPEST = 8
"""Calls around a schema that are looked through."""
_FRAMEWORKS = (
    ("@modelcontextprotocol/", "mcp"),
    ("@anthropic-ai/claude-agent-sdk", "claude-agent-sdk"),
    ("fastmcp", "mcp"),
    ("mcp-framework", "mcp"),
    ("@rekog/mcp-nest", "mcp"),
    ("@anthropic-ai/", "anthropic"),
    ("@openai/agents", "openai-agents"),
    ("@openai/agents-core", "openai-agents"),
    ("@openai/agents-realtime", "openai-agents"),
    ("openai", "openai"),
    ("@langchain/", "langchain"),
    ("langchain", "langchain"),
    ("@mastra/", "mastra"),
    ("@llamaindex/", "llamaindex"),
    ("llamaindex", "llamaindex"),
    ("genkit", "genkit"),
    ("@genkit-ai/", "genkit"),
    ("@google/adk", "google-adk"),
    ("@google/genai", "google-genai"),
    ("@google/generative-ai", "google-genai"),
    ("@strands-agents/", "strands"),
    ("@voltagent/", "voltagent"),
    ("@copilotkit/", "copilotkit"),
    ("@coinbase/agentkit", "agentkit"),
    ("beeai-framework", "beeai"),
    ("ai", "vercel-ai"),
    ("@ai-sdk/", "vercel-ai"),
)


def framework_of(module: str) -> str | None:
    """The framework that an imported module belongs to."""
    name = module.removeprefix("npm:")
    for prefix, framework in _FRAMEWORKS:
        if name == prefix or name.startswith(prefix if prefix.endswith("/") else f"{prefix}/"):
            return framework
    return None


@dataclass(slots=True)
class Tools:
    """Collects tools; the same one reached twice is kept once."""

    module: Module
    values: Values
    bodies: Bodies
    dispatch: Dispatch
    facts: list[ToolFact] = field(default_factory=list)
    by_node: dict[int, str] = field(default_factory=dict)
    """Id of the call, object, class or method that became a tool -> its symbol."""
    owners: dict[str, str] = field(default_factory=dict)
    """Symbol of a tool -> the text of the object that it was registered on."""
    foreign: list[tuple[str, GrantFact]] = field(default_factory=list)
    """(text of the object, tool of another file that is registered on it)."""
    symbols: set[str] = field(default_factory=set)
    """Of the facts."""
    by_name: dict[str, list[int]] = field(default_factory=dict)
    """Name -> where in `facts` its tools are."""
    listed: list[Node] = field(default_factory=list)
    """What handlers of list requests answer under `tools`."""
    _keys: dict[str, str] | None = None

    def key_in_a_map(self, variable: str) -> str | None:
        """`tools: {weather: weatherTool}` shows the model the key, not the variable."""
        if self._keys is None:
            self._keys = {}
            for node in filter(self._is_map_of_tools, self.module.objects):
                for key, value in self.values.fields(node).items():
                    if value.end_byte - value.start_byte <= _LONGEST_NAME:
                        self._keys.setdefault(text_of(unwrap(value)), key)
        return self._keys.get(variable)

    def _is_map_of_tools(self, node: Node) -> bool:
        around = self.module.parent(node)
        is_given = around is not None and around.type == "pair" and key_of(around) == "tools"
        return is_given or "tools" in self.module.holders.get(node.id, "").lower()

    def framework(self, origin: Symbol | None = None, otherwise: str | None = None) -> str:
        """The framework of what made the tool, else of its word, else of the file's imports."""
        known = framework_of(origin.module) if origin is not None else None
        if known or otherwise:
            return known or otherwise or ""
        of_imports = (framework_of(symbol.module) for symbol in self.module.imports.values())
        return next((found for found in of_imports if found), "javascript")

    def framework_of_registration(self) -> str:
        """The framework whose server a tool is registered on: MCP's, when the file does not import it."""
        known = self.framework()
        return known if known != "javascript" else "mcp"

    def add(
        self,
        node: Node,
        name: Name,
        *,
        framework: str,
        idiom: str,
        symbol: str | None = None,
        description: str = "",
        parameters: tuple[str, ...] = (),
        annotations: tuple[tuple[str, bool], ...] = (),
        handler: Node | None = None,
        owner: str = "",
    ) -> str:
        """Keep a tool that stands at `node`; returns the symbol it is kept under."""
        if node.id in self.by_node:
            return self.by_node[node.id]
        if is_test_double(node, self.module):
            return ""
        if (known := self._same_tool(name, owner)) is not None:
            self.by_node[node.id] = self.facts[known].symbol or ""
            self._complete(known, description, parameters, annotations, handler)
            return self.by_node[node.id]
        kept = symbol or self.module.holders.get(node.id) or (name if isinstance(name, str) else None)
        kept = kept or f"line {node.start_point[0] + 1}"
        if kept in self.symbols:
            kept = f"{kept}:{node.start_point[0] + 1}:{node.start_point[1] + 1}"
        bodies = [handler] if handler is not None else list(self.dispatch.of(name)) if isinstance(name, str) else []
        self.symbols.add(kept)
        if isinstance(name, str):
            self.by_name.setdefault(name, []).append(len(self.facts))
        self.facts.append(
            ToolFact(
                name,
                place_of(node),
                framework,
                idiom,
                kept,
                description[:LONGEST_DESCRIPTION],
                parameters,
                annotations,
                self.bodies.acts_of(*bodies),
                self.implementation_of(handler),
                self.bodies.called_elsewhere(*bodies),
            )
        )
        self.by_node[node.id] = kept
        if owner:
            self.owners[kept] = owner
        return kept

    def _same_tool(self, name: Name, owner: str) -> int | None:
        """Where the tool of this name is kept: definitions repeat it for `--help`, for a registration, for a transport.

        One name on two servers is two tools.
        """
        if not isinstance(name, str):
            return None
        for at in self.by_name.get(name, ()):
            held = self.owners.get(self.facts[at].symbol or "", "")
            if not owner or not held or owner == held:
                return at
        return None

    def _complete(
        self,
        at: int,
        description: str,
        parameters: tuple[str, ...],
        annotations: tuple[tuple[str, bool], ...],
        handler: Node | None,
    ) -> None:
        fact = self.facts[at]
        self.facts[at] = replace(
            fact,
            description=fact.description or description[:LONGEST_DESCRIPTION],
            parameters=fact.parameters or parameters,
            annotations=fact.annotations or annotations,
            acts=fact.acts or self.bodies.acts_of(handler),
            implementation=fact.implementation or self.implementation_of(handler),
            calls=fact.calls or self.bodies.called_elsewhere(handler),
        )

    def handler_of(self, node: Node | None) -> Node | None:
        """The function that is given as a handler, or the name of one of another file."""
        found = self.values.function(node)
        return found if found is not None or not isinstance(self.values.resolve(node), Symbol) else node

    def implementation_of(self, handler: Node | None) -> Symbol | None:
        """The function of another file that a handler is."""
        found = self.values.resolve(handler)
        return found if isinstance(found, Symbol) and is_own(found.module) else None

    def sorted(self) -> tuple[ToolFact, ...]:
        """In the order of the source."""
        return tuple(sorted(self.facts, key=lambda fact: (fact.place.line, fact.place.column, str(fact.name))))

    def parameters_of(self, schema: Node | None, depth: int = 0) -> tuple[str, ...]:
        """The names of the parameters of a JSON schema, a zod object or a plain shape."""
        value = self.values.node(schema)
        if value is None or depth > _DEEPEST:
            return ()
        if value.type in {"call_expression", "new_expression"}:
            given = value.child_by_field_name("arguments")
            first = next(iter(given.named_children), None) if given is not None else None
            if first is not None and self.values.node(first) is not value:
                return self.parameters_of(first, depth + 1)
            callee = unwrap(value.child_by_field_name("function"))
            return self.parameters_of(callee.child_by_field_name("object"), depth + 1) if callee is not None else ()
        fields = self.values.fields(value)
        if "properties" in fields:
            return tuple(self.values.fields(fields["properties"]))
        return tuple(key for key in fields if key not in {"type", "required", "additionalProperties", "$schema"})

    def hints_of(self, node: Node | None) -> tuple[tuple[str, bool], ...]:
        """MCP's hints in an object."""
        fields = self.values.fields(node) if node is not None else {}
        return tuple((hint, text_of(fields[hint]) == "true") for hint in HINTS if hint in fields)


_TESTS = frozenset({"describe", "it", "test", "suite", "beforeEach", "beforeAll", "expect"})
_MOCKS = re.compile(r"^(?:vi|jest)\.(?:mock|doMock|fn)$|^(?:describe|it|test)\.\w+$|\.(?:toEqual|toStrictEqual|toBe)$")
_DOUBLE = re.compile(r"^(?:mock|fake|stub|dummy)(?:[A-Z_]|$)")


def is_test_double(node: Node, module: Module) -> bool:
    """Whether something stands in a test's own code, or is named as what only stands in for a tool."""
    holder = module.holders.get(node.id, "")
    return _DOUBLE.search(holder) is not None or module.nearest(node, _is_test_call) is not None


def _is_test_call(module: Module, node: Node) -> bool:
    if node.type != "call_expression":
        return False
    callee = text_of(node.child_by_field_name("function"))[-60:]
    given = node.child_by_field_name("arguments")
    is_test = callee in _TESTS and given is not None and (callee == "expect" or _holds_function(given))
    return is_test or _MOCKS.search(callee) is not None


def _holds_function(arguments: Node) -> bool:
    return any(one.type in FUNCTIONS for one in arguments.named_children)


def is_text(node: Node | None) -> bool:
    """Whether an argument is written as text, plain or put together."""
    value = unwrap(node)
    return value is not None and (
        string_of(value) is not None or value.type in {"template_string", "binary_expression"}
    )
