"""The built files of `ui/`: read and compressed once, at the start."""

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

BUILT = Path(__file__).parent / "built"
"""Output folder of `npm run build`; part of the wheel."""
PAGE = "index.html"
MIN_GZIP_BYTES = 1024
DEEPEST = 7
"""Depth of an address for which the page is adapted; no page is as deep, but an unknown address may be."""


class File(NamedTuple):
    """One file ready to be sent, plain and compressed."""

    media_type: str
    body: bytes
    gzipped: bytes | None
    """Body compressed with gzip; None if that does not make it smaller, or it is under `MIN_GZIP_BYTES`."""


def read_files(folder: Path = BUILT) -> dict[str, File]:
    """Read all files by their path below the folder, such as `assets/index-abc.js`; none if it was not built."""
    paths = [path for path in folder.rglob("*") if path.is_file()] if (folder / PAGE).is_file() else []
    return {path.relative_to(folder).as_posix(): _read(path) for path in paths}


@lru_cache(maxsize=8)
def page_below(page: File, depth: int) -> File:
    """Adapt the page to an address `depth` folders deep: its asset paths lead up to `assets/` at the top."""
    way_up = "../" * min(depth, DEEPEST) or "./"
    body = page.body.replace(b'="./', f'="{way_up}'.encode())
    return _pack(page.media_type, body)


def _read(path: Path) -> File:
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if media_type.startswith("text/") or media_type.endswith("javascript"):
        media_type += "; charset=utf-8"
    return _pack(media_type, path.read_bytes())


def _pack(media_type: str, body: bytes) -> File:
    gzipped = gzip.compress(body, 9, mtime=0) if len(body) >= MIN_GZIP_BYTES else None
    return File(media_type, body, gzipped if gzipped and len(gzipped) < len(body) else None)
