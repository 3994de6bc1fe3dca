"""LLM providers: variables that hold their keys, hosts of their APIs, and the documented names of frameworks.

Adding a provider or a framework is adding a row.
"""

VARIABLES = {
    "ANTHROPIC_API_KEY": "Anthropic",
    "ANTHROPIC_AUTH_TOKEN": "Anthropic",
    "OPENAI_API_KEY": "OpenAI",
    "OPENAI_ADMIN_KEY": "OpenAI",
    "GOOGLE_API_KEY": "Google",
    "GEMINI_API_KEY": "Google",
    "GROQ_API_KEY": "Groq",
    "MISTRAL_API_KEY": "Mistral",
    "HUGGINGFACE_TOKEN": "Hugging Face",
    "HUGGINGFACEHUB_API_TOKEN": "Hugging Face",
    "HF_TOKEN": "Hugging Face",
    "COHERE_API_KEY": "Cohere",
    "CO_API_KEY": "Cohere",
    "AZURE_OPENAI_API_KEY": "Azure OpenAI",
    "TOGETHER_API_KEY": "Together",
    "REPLICATE_API_TOKEN": "Replicate",
    "PERPLEXITY_API_KEY": "Perplexity",
    "BEDROCK_API_KEY": "Bedrock",
    "AWS_BEARER_TOKEN_BEDROCK": "Bedrock",
    "OPENROUTER_API_KEY": "OpenRouter",
    "DEEPSEEK_API_KEY": "DeepSeek",
    "XAI_API_KEY": "xAI",
    "FIREWORKS_API_KEY": "Fireworks",
    "CEREBRAS_API_KEY": "Cerebras",
    "NVIDIA_API_KEY": "NVIDIA",
}
"""Environment variable -> provider. A value in one of them counts when it looks random, whatever its format."""

KEY_FORMATS = {
    "anthropic": "Anthropic",
    "openrouter": "OpenRouter",
    "openai": "OpenAI",
    "google": "Google",
    "huggingface": "Hugging Face",
    "groq": "Groq",
    "xai": "xAI",
    "perplexity": "Perplexity",
    "replicate": "Replicate",
}
"""Providers of the scanner's key formats whose keys open an LLM API -> name in reports."""

_BEDROCK_REGIONS = [
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
]

HOSTS = {
    "api.openai.com": "OpenAI",
    "api.anthropic.com": "Anthropic",
    "generativelanguage.googleapis.com": "Google",
    "aiplatform.googleapis.com": "Google",
    "api.cohere.com": "Cohere",
    "api.cohere.ai": "Cohere",
    "api.groq.com": "Groq",
    "api.mistral.ai": "Mistral",
    "api.together.xyz": "Together",
    "api.perplexity.ai": "Perplexity",
    "openrouter.ai": "OpenRouter",
    "api.deepseek.com": "DeepSeek",
    "api.x.ai": "xAI",
    "api.fireworks.ai": "Fireworks",
    "api.replicate.com": "Replicate",
    "router.huggingface.co": "Hugging Face",
    **{f"bedrock-runtime.{region}.amazonaws.com": "Bedrock" for region in _BEDROCK_REGIONS},
}
"""Host of an LLM API -> provider."""

BASE_URLS = {
    "OPENAI_BASE_URL": "OpenAI",
    "OPENAI_API_BASE": "OpenAI",
    "ANTHROPIC_BASE_URL": "Anthropic",
    "AZURE_OPENAI_ENDPOINT": "Azure OpenAI",
    "GOOGLE_GEMINI_BASE_URL": "Google",
    "OLLAMA_HOST": "Ollama",
}
"""Variables with the address of an LLM API that one program uses instead of the provider's own host -> provider."""

FRAMEWORKS = {
    "langchain": "LangChain",
    "openai-agents": "OpenAI Agents SDK",
    "mcp": "MCP",
    "crewai": "CrewAI",
    "autogen": "AutoGen",
    "semantic-kernel": "Semantic Kernel",
    "llamaindex": "LlamaIndex",
    "haystack": "Haystack",
    "pydantic-ai": "PydanticAI",
    "google-adk": "Google ADK",
    "anthropic": "Anthropic SDK",
    "claude-agent-sdk": "Claude Agent SDK",
    "openai": "OpenAI SDK",
    "google-genai": "Google Gen AI SDK",
    "ollama": "Ollama",
    "vercel-ai": "Vercel AI SDK",
}
"""Framework of the scanner's catalogue -> name in the documentation; others are named as in the catalogue."""

CLIENT_LABELS = frozenset({"Anthropic SDK", "OpenAI SDK", "Google Gen AI SDK", "Ollama"})
"""Client libraries, which frameworks use as well; shown only when nothing more specific was found."""

FRAMEWORK_PROVIDERS = {
    "Anthropic SDK": "Anthropic",
    "Claude Agent SDK": "Anthropic",
    "OpenAI SDK": "OpenAI",
    "OpenAI Agents SDK": "OpenAI",
    "Google ADK": "Google",
    "Google Gen AI SDK": "Google",
    "Ollama": "Ollama",
}
"""Framework -> provider to which it belongs, where neither a key nor a connection shows another."""


def framework_labels(names: "set[str] | frozenset[str]") -> tuple[str, ...]:
    """Return catalogue names as labels, in order, client libraries only when there is nothing more specific."""
    labels = sorted({FRAMEWORKS.get(name, name) for name in names})
    specific = [label for label in labels if label not in CLIENT_LABELS]
    return tuple(specific or labels)
