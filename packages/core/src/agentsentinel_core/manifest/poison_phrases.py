"""Phrases in descriptions of tools that are written for the model instead of people."""

import re

from agentsentinel_core.lazy_regex import lazy_compile

_PATHS = (
    r"(?:\.ssh|id_rsa|id_ed25519|\.aws|\.env\b|\.npmrc|\.netrc|\.kube|/etc/(?:passwd|shadow)|mcp\.json|\.cursor"
    r"|\.claude)"
)
_PATH_PARTS = (".ssh", "id_", ".aws", ".env", "rc", ".kube", "/etc/", "mcp.json", ".cursor", ".claude")
_PRIVATE = (
    r"(?:system prompt|system message|your (?:initial |original )?instructions|(?:conversation|chat) history"
    r"|previous messages|api keys?|credentials|environment variables|private keys?)"
)
_PEOPLE = r"(?:users?|humans?|anyone|operator|customer|person)"
_HAND_OVER = (
    r"(?:send|include|pass|provide|append|insert|copy|put|attach|output|reveal|return|forward|upload|post|leak)"
)
_READ = r"(?:read|open|cat|load|fetch|access|get)"
_OWN_WORKS = (
    r"(?:this|these|it\b|that you|what you|your|the (?:step|instructions?|prompt|tool|call|file|request|side ?note|fact"
    r"|existence))"
)
"""Things that only the model knows: keeping them from the user is secrecy, keeping a customer's number is manners."""
_MODELS_OWN = (
    r"(?:your (?:\w+ ){0,2}(?:system prompt|system message|instructions|conversation|context window|memory)"
    r"|(?:the )?(?:full|whole|entire|complete) (?:conversation|chat|context|history))"
)
"""What the model knows and a tool does not need."""
_ADDRESS = r"(?:[\w.+-]{1,64}@[\w-]{1,64}\.|https?://)"


_FORBIDS = r"(?:do not|don't|never|must not|should not) (?:ever )?"
_FORBIDDING = ("do not", "don't", "never", "must not", "should not")


def _near(*parts: str, within: int = 60) -> str:
    """Return a pattern for the parts in this order in one sentence, at most `within` characters apart."""
    return r"\b" + rf"\b[^.\n]{{0,{within}}}\b".join(parts)


INSTRUCTIONS = tuple(
    (needs, lazy_compile(pattern, re.IGNORECASE))
    for needs, pattern in (
        (
            ("ignore", "disregard", "forget", "override", "bypass"),
            _near(
                r"(?:ignore|disregard|forget|override|bypass)",
                r"(?:previous|prior|above|earlier|all other|other|existing|safety|system)",
                r"(?:instructions?|prompts?|rules?|guidelines|messages?|restrictions|directives)",
                within=30,
            ),
        ),
        (
            _FORBIDDING,
            (
                rf"\b{_FORBIDS}(?:tell|inform|notify|alert|warn) (?:the |any )?{_PEOPLE}\b"
                r"(?: (?:that|about|of|what|why|how|anything|when)\b|[ \t]*(?:[.!,;]|$))"
            ),
        ),
        (
            _FORBIDDING,
            (
                rf"\b{_FORBIDS}(?:mention|reveal|disclose|show|report|expose) {_OWN_WORKS}"
                rf"[^.\n]{{0,60}}\bto (?:the |any )?{_PEOPLE}\b"
            ),
        ),
        (
            ("without",),
            _near(r"(?:without (?:telling|informing|notifying|alerting|asking|the knowledge of))", _PEOPLE, within=5),
        ),
        (
            ("hide", "conceal", "keep"),
            _near(r"(?:hide|conceal|keep)", r"(?:from the (?:user|human|operator))", within=40),
        ),
        (
            ("<",),
            # `--client-secret <secret>` is a placeholder; a closing tag shows that the tag encloses text for the model.
            r"<\s*/?\s*(?:important|system|instructions?|assistant|hidden|critical)\s*>|</\s*(?:secret|admin)\s*>",
        ),
        (("[",), r"\[\s*(?:system|inst|important instruction|admin)\s*\]"),
        # Paths contain dots, so a dot after them does not end the sentence.
        (_PATH_PARTS, rf"\b{_READ}\b[^.\n]{{0,60}}{_PATHS}[^\n]{{0,160}}\b{_HAND_OVER}\b"),
        (
            _PATH_PARTS,
            rf"\bbefore\b[^\n]{{0,80}}\btools?\b[^\n]{{0,60}}\b(?:{_READ}|send)\b[^.\n]{{0,60}}{_PATHS}",
        ),
        (
            (
                "system ",
                "instructions",
                "history",
                "previous messages",
                "api key",
                "credentials",
                "variables",
                "private",
            ),
            _near(r"(?:must|always|should|need to|have to|please|also|first)", _HAND_OVER, _PRIVATE, within=50),
        ),
        (
            ("system ", "instructions", "conversation", "chat", "context", "memory", "history"),
            rf"\b{_HAND_OVER} {_MODELS_OWN}\b[^\n]{{0,60}}\b(?:argument|parameter|field|param|input|to|as|into|in)\b",
        ),
        (
            ("~/",),
            (
                rf"\b{_READ} [`'\"]?~/[^\n]{{0,80}}\b{_HAND_OVER}\b"
                r"[^\n]{0,60}\b(?:argument|parameter|field|param|notes?|sidenote)\b"
            ),
        ),
        (
            ("you are now", "from now on", "act as"),
            _near(
                r"(?:you are now|from now on,? you (?:are|will|must)|act as)",
                r"(?:unrestricted|jailbroken|developer mode|DAN|root|administrator|another assistant)",
                within=40,
            ),
        ),
        (
            ("override", "supersede", "precedence", "priority"),
            (
                r"\bth(?:is|ese) (?:instructions?|rules?|directives?) "
                r"(?:override|supersede|take precedence|have priority)\b"
            ),
        ),
        (
            ("cc", "blind copy", "forward", "send a copy"),
            _near(r"(?:always|must|also|secretly|silently)", r"(?:bcc|blind copy|forward|send a copy|cc)", _ADDRESS),
        ),
    )
)
"""Pairs of required words and pattern. Every match contains one of the words, so most texts need no search."""
OTHER_TOOL = lazy_compile(
    r"\b(?:when(?:ever)?|if|before|after|every time|each time)\b[^.\n]{0,30}?[`'\"]?(?P<tool>[A-Za-z][\w.-]{2,63})"
    r"[`'\"]?(?:\s+tool)?\s+(?:is|are|gets?|was)\s+(?:being\s+)?(?:called|used|invoked|available|executed)\b"
    r"(?P<order>[^\n]{0,200})",
    re.IGNORECASE,
)
OTHER_TOOL_WORDS = ("called", "used", "invoked", "available", "executed")
"""Words of which every mention of another tool contains one."""
ORDER = lazy_compile(
    r"\b(?:must|always|instead|never)\b[^.\n]{0,80}\b(?:bcc|cc|forward|redirect|replace|change|set|send|use|call|add|include|append)\b"
    r"|\b(?:bcc|redirect|replace|override|rewrite)\b|\A[,:\s]*(?:then\s+)?(?:change|set|forward|send|add|use)\b",
    re.IGNORECASE,
)
