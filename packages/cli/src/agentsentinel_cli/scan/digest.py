"""BLAKE2b without OpenSSL: loading OpenSSL through `hashlib` takes longer than hashing a whole project."""

try:
    from _blake2 import blake2b
except ImportError:  # builds of Python without their own BLAKE2, which use OpenSSL's
    from hashlib import blake2b

__all__ = ["blake2b"]
