"""The shape of API keys: a slip is known without asking anybody, and old keys stay valid."""

import secrets
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.key_format import (
    ALPHABET,
    CHECKSUM_CHARACTERS,
    MAX_LENGTH,
    PREFIXES,
    RANDOM_CHARACTERS,
    complete,
    is_key,
    is_legacy,
)

randoms = st.text(ALPHABET, min_size=RANDOM_CHARACTERS, max_size=RANDOM_CHARACTERS)
keys = st.builds(lambda prefix, random: complete(prefix + random), st.sampled_from(PREFIXES), randoms)


@given(keys)
def test_what_is_made_is_a_key(key: str) -> None:
    assert is_key(key.encode())
    assert not is_legacy(key.encode())
    assert len(key) <= MAX_LENGTH


@given(keys, st.data())
def test_a_key_with_one_character_changed_is_none(key: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(key) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != ord(key[place])))
    changed = key.encode()[:place] + bytes([other]) + key.encode()[place + 1 :]
    assert not is_key(changed)


@given(keys, st.data())
def test_a_key_that_is_cut_or_added_to_is_none(key: str, data: st.DataObject) -> None:
    text = key.encode()
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, len(text)))
    assert is_key(text[start:end]) == (text[start:end] == text)
    assert not is_key(text + data.draw(st.binary(min_size=1, max_size=3)))


@given(keys, st.sampled_from(PREFIXES))
def test_a_key_does_not_pass_for_another_scope(key: str, prefix: str) -> None:
    own = key[: key.index("_", 3) + 1]
    assert is_key((prefix + key.removeprefix(own)).encode()) == (prefix == own)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_keys_of_the_first_release_stay_keys(prefix: str) -> None:
    key = (prefix + secrets.token_hex(32)).encode()
    assert is_key(key)
    assert is_legacy(key)
    for wrong in (key[:-1], key + b"0", key.upper(), key[:-1] + b"g", b"x" + key):
        assert not is_key(wrong)


@given(st.binary(max_size=100))
def test_any_bytes_are_survived(text: bytes) -> None:
    assert not is_key(text)


def test_the_checksum_is_crc_32_in_base62() -> None:
    key = complete("as_ro_" + "0" * RANDOM_CHARACTERS)
    number = 0
    for character in key[-CHECKSUM_CHARACTERS:]:
        number = number * 62 + ALPHABET.index(character)
    assert number == zlib.crc32(key[:-CHECKSUM_CHARACTERS].encode())
