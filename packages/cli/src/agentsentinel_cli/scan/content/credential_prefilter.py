"""Prefilter on bytes for files that may hold a credential; it spares most files the full search of `credentials`.

Each pattern begins with one fixed byte, the rarest that its key formats have in common, because Python's search then
skips from one such byte to the next: all patterns together take a fifth of the time of a search for each provider's
prefix. They match everything that the formats in `credentials` match, and more.
"""

import re

_UNDERSCORE = re.compile(rb"_(?:[A-Za-z0-9]{20}|(?<=github_pat_)[A-Za-z0-9_])")
"""Long values after prefixes that end in an underscore: as_adm_, ghp_, sk_live_, hf_, gsk_, r8_, lsv2_pt_, pcsk_x_,
npm_, dop_v1_, ntn_, lin_api_, sbp_."""
_DASH = re.compile(
    rb"-(?:(?<=sk-)(?<![A-Za-z0-9_-]sk-)[A-Za-z0-9]|(?<=fc-)[0-9a-f]{32}|(?<=key-)[0-9a-f]{32}|(?<=pplx-)[A-Za-z0-9]"
    rb"|(?<=xai-)[A-Za-z0-9]{20}|(?<=tvly-)[A-Za-z0-9]|(?<=glpat-)[A-Za-z0-9_.-]|(?<=xox[abeoprs]-)[A-Za-z0-9-]"
    rb"|(?<=xapp-)[0-9]|(?<=GOCSPX-)[A-Za-z0-9_-]|(?<=pypi-)AgE|----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY)"
)
_DOT = re.compile(rb"\.(?:(?<=SG\.)[A-Za-z0-9_-]{22}|(?<=hvs\.)[A-Za-z0-9_-]{24}|(?<=ya29\.)[A-Za-z0-9_-]{24})")
_CAPITAL_A = re.compile(
    rb"A(?:[KS]IA[A-Z2-7]{16}|Iza[A-Za-z0-9_-]{35}|ccountKey=[A-Za-z0-9+/]{60}|(?<=:A)A[A-Za-z0-9_-]{33})"
)
_CAPITAL_J = re.compile(rb"J(?<=eyJ)[A-Za-z0-9_-]{10}")
_TILDE = re.compile(rb"~(?<=Q~)[A-Za-z0-9_~.-]{31}")
_DAPI = re.compile(rb"dapi[0-9a-f]{32}")
_ADDRESS = re.compile(
    rb"://(?:hooks\.slack\.com/services/T|[^\s:/@\"'`{}<>$]{0,64}:[^\s:/@\"'`{}<>$]{6,128}@)",
)
_QUOTED = tuple(
    re.compile(rb"%b(?=(?:Bearer |Token |Basic )?([A-Za-z0-9+/_.~=-]{20,200})\\?[\"'`])" % quote)
    for quote in (b'"', b"'", b"`")
)
"""Quoted values. The value is a look-ahead, so that a closing quote read as an opening one hides no later value."""
_WORDS = (b"key", b"secret", b"token", b"pass", b"credential", b"authorization", b"bearer")
"""Words of which every name that indicates a credential contains one."""
_STATED = tuple(
    re.compile(word + rb"[ \t]{0,4}[:=][ \t]{0,4}[^\s\"'`(){}\[\]<>$,;\\]{8}")
    for word in (
        rb"assword", rb"ASSWORD", rb"asswd", rb"ASSWD", rb"assphrase", rb"ASSPHRASE", rb"ecret(?:[ _-]?[kK]ey)?",
        rb"ECRET(?:[ _-]?KEY)?", rb"oken", rb"OKEN", rb"pi[ _-]?[kK]ey", rb"PI[ _-]?[kK][eE][yY]",
        rb"ccess[ _-]?[kK]ey", rb"CCESS[ _-]?KEY",
    )
)  # fmt: skip
"""Lines of texts that state a credential without quotes: `API Key: ...`."""
PASSWORDS = tuple(
    re.compile(
        word + rb"\\?[\"'`]?\]?(?:[ \t]{0,4}:[ \t]{0,4}[\w\[\]. |]{1,40}?(?=[ \t]{0,4}=))?[ \t]{0,8}[:=][ \t]{0,8}"
        rb"[fbru]{0,2}\\?(?P<quote>[\"'`])(?P<value>[^\s\"'`{}<>\\]{8,64})\\?(?P=quote)"
    )
    for word in (rb"assword", rb"ASSWORD", rb"asswd", rb"ASSWD", rb"assphrase", rb"ASSPHRASE")
)
"""Passwords: a quoted value right after a name that ends in a word for one, too short to be told by its looks alone."""
_NAME_BYTES = 180
_DIGITS = b"0123456789"


def may_hold_secret(data: bytes) -> bool:
    """Tell whether a file may hold a credential and needs the full search."""
    return (
        _UNDERSCORE.search(data) is not None
        or _DASH.search(data) is not None
        or _DOT.search(data) is not None
        or _CAPITAL_A.search(data) is not None
        or _CAPITAL_J.search(data) is not None
        or _TILDE.search(data) is not None
        or (b"dapi" in data and _DAPI.search(data) is not None)
        or (b"://" in data and _ADDRESS.search(data) is not None)
        or _may_hold_named_value(data)
        or may_state_secret(data)
        or any(pattern.search(data) is not None for pattern in PASSWORDS)
    )


def may_state_secret(data: bytes) -> bool:
    """Whether a file may hold a text with a line such as `Password: ...`."""
    return any(pattern.search(data) is not None for pattern in _STATED)


def stated_at(data: bytes) -> list[int]:
    """Return the offsets of words and values that may be such a line, in no order."""
    return [match.start() for pattern in _STATED for match in pattern.finditer(data)]


def _may_hold_named_value(data: bytes) -> bool:
    """Tell whether a quoted value with a digit (every random value has one) follows a name of a credential."""
    for pattern in _QUOTED:
        for match in pattern.finditer(data):
            value = match[1]
            if len(value.translate(None, _DIGITS)) < len(value):
                before = data[max(0, match.start() - _NAME_BYTES) : match.start()].lower()
                if any(word in before for word in _WORDS):
                    return True
    return False
