"""`hash_payload` answers for everything, tells different from equal, and does not depend on order or addresses."""

import collections
import dataclasses
import functools
import hashlib
import hmac
import io
import json
import math
import random
import re
import struct
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import msgspec
import numpy
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.canonical_json import _QUOTES_AND_ADDRESSES
from agentsentinel_core.hashing import DEEPEST_LEVEL, canonical_json, hash_payload

HEX_64 = re.compile(r"[0-9a-f]{64}")

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
odd_scalars = (
    scalars
    | st.floats()
    | st.binary()
    | st.text(st.characters())  # with lone surrogates
    | st.complex_numbers()
    | st.datetimes()
    | st.decimals()
    | st.uuids()
    | st.builds(object)
    | st.integers(min_value=2**2000, max_value=2**3000)
)
odd_keys = scalars | st.binary() | st.tuples(st.integers(), st.text())
odd_values = st.recursive(
    odd_scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(odd_keys, inner, max_size=4)
        | st.sets(odd_keys, max_size=4)
        | st.frozensets(odd_keys, max_size=4)
    ),
    max_leaves=20,
)


@dataclasses.dataclass
class Order:
    account: str
    amount: float


class Hostile:
    """Everything one may ask of it raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    __str__ = __repr__

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")


class EndlessMapping(dict[str, int]):
    """Has no end when asked for its members."""

    def items(self) -> Any:
        number = 0
        while True:
            number += 1
            yield str(number), number


@given(odd_values)
def test_any_value_has_a_digest_of_64_lower_case_hex_digits(value: object) -> None:
    assert HEX_64.fullmatch(hash_payload(value))


@given(plain_values)
def test_values_without_fractions_are_hashed_as_sorted_json_without_spaces(value: object) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if all(character < "\ud800" for character in text):
        assert hash_payload(value) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        # RFC 8785, appendix B
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_the_standard_says(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_was_written_is_the_same_number_when_it_is_read(value: float) -> None:
    assert float(canonical_json(value)) == value


def test_members_are_sorted_by_utf_16_code_units() -> None:
    # RFC 8785, 3.2.3: U+1F600 is D83D DE00 and so comes before U+FB33, which has the lower code point
    members = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical_json(members)).values()) == [2, 4, 6, 7, 1, 5, 3]


def test_control_characters_are_escaped_as_the_standard_says() -> None:
    assert canonical_json('\u20ac$\u000f\u000a"\\\u007f/') == '"\u20ac$\\u000f\\n\\"\\\\\u007f/"'


@given(odd_values, st.binary(min_size=1))
def test_with_a_key_the_digest_is_the_hmac_of_the_same_text(value: object, key: bytes) -> None:
    text = canonical_json(value).encode("utf-8", "surrogatepass")
    assert hash_payload(value, key) == hmac.new(key, text, "sha256").hexdigest()


@given(st.dictionaries(odd_keys, odd_scalars), st.randoms())
def test_the_order_of_a_dict_does_not_matter(members: dict[Any, Any], chance: random.Random) -> None:
    shuffled = list(members.items())
    chance.shuffle(shuffled)
    assert hash_payload(dict(shuffled)) == hash_payload(members)


@given(json_values, json_values)
def test_equal_digests_mean_equal_json(one: object, other: object) -> None:
    same_text = json.dumps(_as_numbers(one), sort_keys=True) == json.dumps(_as_numbers(other), sort_keys=True)
    assert (hash_payload(one) == hash_payload(other)) is same_text


def _as_numbers(value: object) -> object:
    """JSON knows no difference between 1 and 1.0."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, list):
        return [_as_numbers(item) for item in value]
    return {key: _as_numbers(item) for key, item in value.items()} if isinstance(value, dict) else value


@given(odd_values)
def test_the_canonical_text_is_json_and_its_own_canonical_form(value: object) -> None:
    text = canonical_json(value)
    assert canonical_json(json.loads(text)) == text


def test_a_known_payload_has_the_digest_any_other_tool_computes() -> None:
    expected = hashlib.sha256('{"a":[1,2.5,true,null],"ü":"…"}'.encode()).hexdigest()
    assert hash_payload({"ü": "…", "a": [1, 2.5, True, None]}) == expected


def test_a_dataclass_is_hashed_by_its_fields() -> None:
    assert hash_payload(Order("0417", 2.5)) == hash_payload({"account": "0417", "amount": 2.5})


def test_sets_are_the_same_whatever_their_order_in_another_process() -> None:
    value = "{'a', 'b', 'c', ('d', 1), b'e', None}"
    script = f"from agentsentinel_core.hashing import hash_payload; print(hash_payload({value}))"
    digests = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, timeout=60
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1], [1, 1]),
        ("1", 1),
        (1, 1.5),
        (True, 1),
        (b"a", "a"),
        (b"a", b"b"),
        (math.nan, "nan"),
        (math.inf, -math.inf),
        ({1, 2}, [1, 2]),
        ({1: "a", "1": "b"}, {1: "b", "1": "a"}),
        (2**3000, 2**3000 + 1),
        ("\ud800", "\ud801"),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
    ],
)
def test_different_values_have_different_digests(one: object, other: object) -> None:
    assert hash_payload(one) != hash_payload(other)


def test_two_objects_that_differ_only_in_their_address_are_the_same() -> None:
    assert hash_payload([object()]) == hash_payload([object()])


ACCOUNTS = ("0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77")


class TransferModel(pydantic.BaseModel):
    to: str
    amount: int


class QuietModel(pydantic.BaseModel):
    """Keeps a field out of its `repr`, and takes others than it declares."""

    model_config = pydantic.ConfigDict(extra="allow")
    to: str = pydantic.Field(repr=False)

    @functools.cached_property
    def length(self) -> int:
        return len(self.to)


class TransferRoot(pydantic.RootModel[list[str]]):
    pass


@attrs.define
class TransferAttrs:
    to: str = attrs.field(repr=False)


class TransferStruct(msgspec.Struct):
    to: str


class TransferRepr:
    """A class of the host's own."""

    def __init__(self, to: str) -> None:
        self.to = to

    def __repr__(self) -> str:
        return f"<Transfer to {self.to!r} of {len(self.to)}>"


class TransferPlain(TransferRepr):
    def __repr__(self) -> str:
        return f"Transfer({self.to})"


MAKERS: list[Callable[[str], object]] = [
    lambda to: to,
    lambda to: TransferModel(to=to, amount=5),
    lambda to: {"t": TransferModel(to=to, amount=5), "note": "n"},
    lambda to: QuietModel(to=to),
    lambda to: QuietModel(to="x", more=to),
    lambda to: TransferRoot([to]),
    TransferAttrs,
    TransferStruct,
    TransferRepr,
    TransferPlain,
    ValueError,
    lambda to: collections.deque([to]),
    lambda to: types.SimpleNamespace(to=to),
    lambda to: [TransferPlain(to)],
    lambda to: TransferPlain(f"<Row object at {to[:14]}>' at {to[:14]}>"),
]


@pytest.mark.parametrize("make", MAKERS)
def test_two_payments_to_two_recipients_have_two_digests_and_one_made_again_has_one(
    make: Callable[[str], object],
) -> None:
    digests = [hash_payload(make(account)) for account in (*ACCOUNTS, *ACCOUNTS)]
    assert digests[:2] == digests[2:]
    assert digests[0] != digests[1]


def test_a_model_is_hashed_as_the_object_of_its_fields() -> None:
    fields = {"to": ACCOUNTS[0], "amount": 5}
    assert hash_payload(TransferModel(to=ACCOUNTS[0], amount=5)) == hash_payload(fields)
    model = QuietModel(to="x")
    before = hash_payload(model)
    assert model.length == 1
    assert hash_payload(model) == before == hash_payload({"to": "x"})


@pytest.mark.parametrize(
    "make",
    [
        object,
        lambda: object.__repr__,
        lambda: lambda: None,
        lambda: types.MethodType(lambda it: None, object()),
        threading.Lock,
        lambda: functools.partial(object().__eq__, "it's a note"),
        lambda: (number for number in "ab"),
        lambda: TransferRepr.__init__,
        lambda: {"held": [object()]},
    ],
)
def test_what_a_repr_shows_of_memory_is_left_out(make: Callable[[], object]) -> None:
    held = [make() for _ in range(3)]  # at once, so that no two have one address
    assert len({hash_payload(item) for item in held}) == 1


def test_arrays_are_hashed_with_all_their_elements() -> None:
    def zeros(changed: int, kind: str = "int64") -> Any:
        array = numpy.zeros((100, 100), dtype=kind)
        array[50, changed] = 1
        return array

    assert repr(zeros(50)) == repr(zeros(51))
    payloads = [zeros(50), zeros(51), zeros(50, "int32"), zeros(50, "object"), zeros(51, "object"), zeros(50).ravel()]
    assert len({hash_payload(payload) for payload in payloads}) == len(payloads)
    assert hash_payload(zeros(50)) == hash_payload(zeros(50))
    assert hash_payload(zeros(50)[:, ::2]) == hash_payload(zeros(50)[:, ::2].copy())


def test_an_array_that_cannot_be_read_is_hashed_by_its_repr() -> None:
    class OnACard:
        def __array__(self) -> Any:
            raise TypeError("copy it to the host's memory first")

        def __repr__(self) -> str:
            return "tensor([1])"

    assert "tensor([1])" in canonical_json(OnACard())


def test_a_repr_full_of_quotes_costs_in_proportion_to_its_length() -> None:
    class Quoted:
        def __init__(self, count: int) -> None:
            self.text = "0x" + "\\'" * count + '"' * count

        def __repr__(self) -> str:
            return self.text

    steps = [len(re.findall(_QUOTES_AND_ADDRESSES, repr(Quoted(count)), re.DOTALL)) for count in (1000, 2000)]
    assert steps[1] == 2 * steps[0]


def test_a_circular_payload_ends() -> None:
    payload: dict[str, Any] = {"name": "loop"}
    payload["self"] = [payload]
    assert hash_payload(payload) == hash_payload({"name": "loop", "self": [{"$type": "circular"}]})


def test_the_same_object_twice_side_by_side_is_no_cycle() -> None:
    shared = {"a": 1}
    assert hash_payload([shared, shared]) == hash_payload([{"a": 1}, {"a": 1}])


@pytest.mark.parametrize(
    "wrap",  # made inside the test: pytest itself cannot stand such an object among its parameters
    [lambda it: it, lambda it: [it], lambda it: {"key": it}, lambda it: {it: 1}, lambda it: (1, it)],
)
def test_an_object_that_raises_on_everything_is_named_by_its_type(wrap: Callable[[object], object]) -> None:
    text = canonical_json(wrap(Hostile()))
    assert "Hostile" in text


def test_one_bad_value_does_not_blur_its_neighbours() -> None:
    assert hash_payload([Hostile(), 1]) != hash_payload([Hostile(), 2])


def test_levels_below_the_limit_are_cut_and_those_above_are_told_apart() -> None:
    def nested(levels: int, heart: object) -> object:
        for _ in range(levels):
            heart = [heart]
        return heart

    assert hash_payload(nested(DEEPEST_LEVEL, 1)) != hash_payload(nested(DEEPEST_LEVEL, 2))
    assert hash_payload(nested(100_000, 1)) == hash_payload(nested(100_000, 2))


def test_an_object_that_unfolds_without_end_is_cut_at_the_node_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentsentinel_core.canonical_json.MOST_NODES", 1000)
    doubled: list[Any] = []
    for _ in range(60):
        doubled = [doubled, doubled]
    assert "beyond the node limit" in canonical_json(doubled)
    assert "beyond the node limit" in canonical_json(EndlessMapping())


def test_a_set_that_is_cut_does_not_depend_on_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentsentinel_core.canonical_json.MOST_NODES", 10)
    assert canonical_json(set(range(100))) == '{"$type":"beyond the node limit"}'


def test_a_dict_that_is_cut_does_not_depend_on_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentsentinel_core.canonical_json.MOST_NODES", 10)
    members = [(str(number), [number] * 3) for number in range(8)]
    assert hash_payload(dict(members)) == hash_payload(dict(reversed(members)))
    long = [(str(number), number) for number in range(20)]
    assert hash_payload(dict(long)) == hash_payload(dict(reversed(long)))


def test_integers_too_long_for_decimal_text_are_told_apart() -> None:
    assert hash_payload(10**5000) != hash_payload(10**5000 + 1)


def test_a_generator_is_not_consumed() -> None:
    def numbers() -> Iterator[int]:
        yield from range(3)

    generator = numbers()
    hash_payload({"rows": generator, "file": io.StringIO("text")})
    assert list(generator) == [0, 1, 2]


def test_a_host_at_the_edge_of_its_stack_still_gets_a_digest() -> None:
    def at_depth(levels: int) -> str:
        return hash_payload({"a": [1]}) if levels == 0 else at_depth(levels - 1)

    for spare in range(5, 60):
        frames = 0
        frame = sys._getframe()
        while frame:
            frames, frame = frames + 1, frame.f_back  # type: ignore[assignment]
        try:
            digest = at_depth(sys.getrecursionlimit() - frames - spare)
        except RecursionError:
            continue  # not even the call itself had room
        assert HEX_64.fullmatch(digest)
