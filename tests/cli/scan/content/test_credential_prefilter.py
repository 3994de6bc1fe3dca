"""The prefilter on bytes lets every file pass that may hold a credential."""

from agentsentinel_cli.scan.content.credential_prefilter import may_hold_secret


def test_a_file_of_plain_code_needs_no_closer_look() -> None:
    code = b"def add(a: int, b: int) -> int:\n    return a + b\n" * 200
    assert not may_hold_secret(code)
