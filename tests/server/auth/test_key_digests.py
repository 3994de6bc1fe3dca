"""The database holds a keyed digest of an API key and nothing else of it."""

import hmac
import secrets

from server.keys.support import make
from server.support import SECRET, Server, query


def test_only_a_keyed_digest_is_kept(server: Server) -> None:
    made = make(server, "readonly")
    [row] = query(server.dsn, "SELECT to_jsonb(k)::text AS row FROM api_keys k WHERE id = $1", made["id"])
    assert made["key"] not in row["row"]
    assert made["key"].removeprefix("as_ro_")[6:] not in row["row"]
    assert made["key_hash"] in row["row"]


def test_keys_of_the_first_release_go_on_working(server: Server) -> None:
    """64 hex digits and no checksum; only the digest is stored, so there is no way to tell them but by their text."""
    old = "as_ro_" + secrets.token_hex(32)
    query(
        server.dsn,
        "INSERT INTO api_keys (id, name, key_prefix, key_hash, scope, is_active, created_at)"
        " VALUES (gen_random_uuid(), 'first release', $1, $2, 'readonly', true, now())",
        old[:12],
        hmac.digest(SECRET.encode(), old.encode(), "sha256").hex(),
    )
    assert server.request("GET", "/api/v1/agents", old).status_code == 200
    with server.sign_in(old) as browser:
        assert browser.get("agents").status_code == 200
