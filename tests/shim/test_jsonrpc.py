"""Whatever another parser could read differently is named; what is only unusual is not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim.jsonrpc import Kind, read


def body(members: str) -> bytes:
    return ('{"jsonrpc":"2.0",' + members + "}").encode()


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (body('"id":1,"id":2,"method":"ping"'), {"doubled-member"}),
        (body('"id":1,"method":"tools/call","params":{"name":"a","name":"b"}'), {"doubled-member"}),
        (
            body('"id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":{"y":1,"y":2}}}'),
            {"doubled-member"},
        ),
        (body('"id":1,"method":"tools/call","params":{"name":"a","Name":"b"}'), {"look-alike-member"}),
        (body('"id":1,"method":"tools/call","params":{"NAME":"b"}'), {"look-alike-member"}),
        (body('"id":1,"method":"tools/call","params":{"name":"a","argument\\u017f":{}}'), {"look-alike-member"}),
        (body('"id":1,"method":"tools/call","params":{"name":"a","name\\u0000":"b"}'), {"look-alike-member"}),
        (body('"id":1,"method":"tools/call","params":{"name":"a","\\uff4eame":"b"}'), {"look-alike-member"}),
        (body('"id":1,"Method":"tools/call","method":"ping"'), {"look-alike-member"}),
        (body('"id":1,"method":"ping","params":{"_meta":{"a":1,"A":2}}'), {"look-alike-member"}),
        (body('"id":1,"result":{"isError":false,"iserror":true}'), {"look-alike-member"}),
        (b"\xef\xbb\xbf" + body('"id":1,"method":"ping"'), {"byte-order-mark"}),
        (body('"id":1,"method":"p\xff"').replace("ÿ".encode(), b"\xff"), {"not-utf8"}),
        (b'{"id":1', {"not-json"}),
        (b"[" * 100_000, {"not-json"}),
        (b'{"id":' + b"1" * 10_000 + b"}", {"not-json"}),
        (body('"id":1,"result":NaN'), {"loose-number"}),
        (body('"id":1,"result":{"x":-Infinity}'), {"loose-number"}),
        (body('"id":1,"method":"ping"') * 2, {"second-message"}),
        (body('"id":1,"method":"ping"') + b" x", {"second-message"}),
        (b"2026-11-29 12:00 started", {"not-json"}),
        (b"[INFO] started", {"not-json"}),
        (b"5", {"not-a-message"}),
        (b'[{"id":1,"method":"ping"},7]', {"not-a-message"}),
    ],
)
def test_what_parsers_read_differently_is_named(data: bytes, kinds: set[str]) -> None:
    assert {defect.kind for defect in read(data).defects} == kinds


@pytest.mark.parametrize(
    "data",
    [
        body('"id":1,"method":"tools/call","params":{"name":"a","arguments":{"Name":"b","name":"c","ID":1}}'),
        body('"id":1,"method":"x/custom","params":{"Name":"b"}'),
        body('"id":1,"result":{"structuredContent":{"Id":1,"id":2}}'),
        body('"id":"\\ud800","method":"ping"'),
        body('"id":1.0,"method":"ping","x-vendor":1'),
        b'[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/progress"}]',
    ],
)
def test_what_is_only_unusual_is_not(data: bytes) -> None:
    reading = read(data)
    assert reading.messages
    assert not reading.defects


def test_no_value_is_in_a_defect() -> None:
    defects = read(body('"id":1,"method":"tools/call","params":{"name":"s3cret","name":"s3cret2"}')).defects
    assert "s3cret" not in str(defects)


@given(st.binary() | st.binary().map(lambda noise: body('"id":1,"method":"ping"')[:9] + noise))
def test_no_bytes_raise(data: bytes) -> None:
    read(data)


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text()))
def test_a_message_that_is_written_by_one_library_has_no_defect_but_look_alikes(arguments: dict[str, object]) -> None:
    members = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "a", "arguments": arguments}}
    reading = read(json.dumps(members).encode())
    assert not reading.defects
    [message] = reading.messages
    assert (message.kind, message.params) == (Kind.REQUEST, members["params"])
