"""Formats of the credentials that providers issue, as they document them.

Every pattern is a fixed beginning with bounded repetitions of a character class, so none can backtrack for long.
"""

import re

from agentsentinel_core import key_format
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import dataclass

OURS = "agentsentinel"

_START = rb"(?<![A-Za-z0-9_-])"
_END = rb"(?![A-Za-z0-9_-])"


@dataclass(frozen=True, slots=True)
class CredentialShape:
    """Format of a provider's credentials."""

    provider: str
    anchor: bytes
    """Bytes that every such credential contains; a file without them is not searched with the pattern."""
    pattern: re.Pattern[bytes]
    """Pattern whose group `value`, or whole match without that group, is the credential."""


def _shape(provider: str, anchor: bytes, pattern: bytes, *, bounded: bool = True) -> CredentialShape:
    return CredentialShape(provider, anchor, lazy_compile(_START + pattern + _END if bounded else pattern))


SHAPES = (
    *(_shape(OURS, prefix, prefix + key_format.BODY) for prefix in map(str.encode, key_format.PREFIXES)),
    _shape("anthropic", b"sk-ant-", rb"sk-ant-[A-Za-z0-9_-]{24,200}"),
    _shape("openrouter", b"sk-or-", rb"sk-or-(?:v1-)?[0-9a-f]{40,64}"),
    _shape("langfuse", b"sk-lf-", rb"sk-lf-[0-9a-f-]{36}"),
    _shape("openai", b"sk-", rb"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,200}"),
    _shape("openai", b"sk-", rb"sk-[A-Za-z0-9]{32,64}"),
    *(
        _shape("github", prefix, prefix + rb"[A-Za-z0-9]{36,255}")
        for prefix in (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_")
    ),
    _shape("github", b"github_pat_", rb"github_pat_[A-Za-z0-9_]{22,255}"),
    _shape("gitlab", b"glpat-", rb"glpat-[A-Za-z0-9_.-]{20,64}"),
    _shape("slack", b"xox", rb"xox[abeoprs]-(?:[0-9]{6,16}-)*[A-Za-z0-9-]{10,250}"),
    _shape("slack", b"xapp-", rb"xapp-[0-9]-[A-Z0-9]{8,16}-[0-9]{8,16}-[0-9a-f]{32,64}"),
    _shape(
        "slack",
        b"hooks.slack.com/services/",
        rb"https://hooks\.slack\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,32}",
        bounded=False,
    ),
    _shape("google", b"AIza", rb"AIza[A-Za-z0-9_-]{35}"),
    _shape("google", b"ya29.", rb"ya29\.[A-Za-z0-9_-]{24,250}"),
    _shape("google", b"GOCSPX-", rb"GOCSPX-[A-Za-z0-9_-]{28}"),
    _shape("aws", b"AKIA", rb"AKIA[A-Z2-7]{16}"),
    _shape("aws", b"ASIA", rb"ASIA[A-Z2-7]{16}"),
    _shape("azure", b"AccountKey=", rb"AccountKey=(?P<value>[A-Za-z0-9+/]{60,100}={0,2})", bounded=False),
    _shape("azure", b"Q~", rb"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
    _shape("stripe", b"k_live_", rb"[sr]k_live_[A-Za-z0-9]{20,120}"),
    _shape("sendgrid", b"SG.", rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _shape("mailgun", b"key-", rb"key-[0-9a-f]{32}"),
    _shape("huggingface", b"hf_", rb"hf_[A-Za-z0-9]{30,40}"),
    _shape("groq", b"gsk_", rb"gsk_[A-Za-z0-9]{40,60}"),
    _shape("xai", b"xai-", rb"xai-[A-Za-z0-9]{60,100}"),
    _shape("perplexity", b"pplx-", rb"pplx-[A-Za-z0-9]{40,60}"),
    _shape("replicate", b"r8_", rb"r8_[A-Za-z0-9]{37}"),
    _shape("langsmith", b"lsv2_", rb"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{8,12}"),
    _shape("tavily", b"tvly-", rb"tvly-(?:dev-|prod-)?[A-Za-z0-9]{24,40}"),
    _shape("firecrawl", b"fc-", rb"fc-[0-9a-f]{32}"),
    _shape("pinecone", b"pcsk_", rb"pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{50,80}"),
    _shape("npm", b"npm_", rb"npm_[A-Za-z0-9]{36}"),
    _shape("pypi", b"pypi-AgE", rb"pypi-AgE[A-Za-z0-9_-]{50,250}"),
    _shape("telegram", b":AA", rb"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    _shape("digitalocean", b"dop_v1_", rb"dop_v1_[0-9a-f]{64}"),
    _shape("databricks", b"dapi", rb"dapi[0-9a-f]{32}"),
    _shape("notion", b"ntn_", rb"ntn_[A-Za-z0-9]{40,60}"),
    _shape("linear", b"lin_api_", rb"lin_api_[A-Za-z0-9]{40}"),
    _shape("supabase", b"sbp_", rb"sbp_[0-9a-f]{40}"),
    _shape("vault", b"hvs.", rb"hvs\.[A-Za-z0-9_-]{24,120}"),
    _shape("jwt", b"eyJ", rb"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,700}"),
    _shape(
        "private key",
        b"PRIVATE KEY",
        rb"-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY(?: BLOCK)?-----"
        rb"(?P<value>(?:\\n|[\s\"'+\\]){1,40}[A-Za-z0-9+/=]{40,100})",
        bounded=False,
    ),
)
ANCHORS = tuple(dict.fromkeys(shape.anchor for shape in SHAPES))
