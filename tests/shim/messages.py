"""Messages that a relay must not change, well-formed ones and hostile ones."""

import random

HOSTILE = [
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","name":"secret"}}',
    b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"greet","Name":"secret"}}',
    b'{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"greet","name\\u0000":"secret"}}',
    b'{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"greet"},"PARAMS":{}}',
    b'\xef\xbb\xbf{"jsonrpc":"2.0","id":5,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":6,"method":"ping","params":{"x":"\xff"}}',
    b'{"jsonrpc":"2.0","id":7,"method":',
    b"\x00\x00",
    b'{"jsonrpc":"2.0","id":8,"method":"ping"}{"jsonrpc":"2.0","id":9,"method":"ping"}',
    b"[" * 100_000,
    b'{"a":' + b"9" * 10_000 + b"}",
    b'{"jsonrpc":"2.0","id":10,"method":"ping","params":{"x":NaN}}',
]


def random_messages(count: int) -> list[bytes]:
    """Return messages of all kinds, some of them broken, always the same ones."""
    chance = random.Random(13)
    methods = ["tools/call", "tools/list", "ping", "notifications/progress", "x/unknown"]
    lines = []
    for number in range(count):
        kind = chance.choice(["request", "result", "error", "noise", "hostile"])
        if kind == "request":
            line = b'{"jsonrpc":"2.0","id":%d,"method":"%s","params":{"name":"t"}}' % (
                number,
                chance.choice(methods).encode(),
            )
        elif kind == "hostile":
            line = chance.choice(HOSTILE)
        elif kind == "noise":
            line = chance.randbytes(chance.randrange(200)).replace(b"\n", b"")
        else:
            line = b'{"jsonrpc": "2.0",\t"id": %d, "%s": {"b": [1.0, 1e2], "a": "\\u00e9"}}' % (number, kind.encode())
        lines.append(line + chance.choice([b"\n", b"\r\n"]))
    return lines
