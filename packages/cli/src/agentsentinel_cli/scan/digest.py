"""BLAKE2b without OpenSSL, whose loading by `hashlib` costs more than hashing a whole project."""

try:
    from _blake2 import blake2b
except ImportError:  # builds of Python that leave it to OpenSSL
    from hashlib import blake2b

__all__ = ["blake2b"]
