"""The files that `ui/` is built into: read once, compressed once."""

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

BUILT = Path(__file__).parent / "built"
"""Where `npm run build` puts them; part of the wheel."""
PAGE = "index.html"
MIN_GZIP_BYTES = 1024
DEEPEST = 7
"""No page is so deep; an address that leads nowhere may be."""


class File(NamedTuple):
    """One file as it is sent."""

    media_type: str
    body: bytes
    gzipped: bytes | None
    """The same, compressed, when that is worth it."""


def read_files(folder: Path = BUILT) -> dict[str, File]:
    """All files by their path below the folder, such as `assets/index-abc.js`; none when it was not built."""
    paths = [path for path in folder.rglob("*") if path.is_file()] if (folder / PAGE).is_file() else []
    return {path.relative_to(folder).as_posix(): _read(path) for path in paths}


@lru_cache(maxsize=8)
def page_below(page: File, depth: int) -> File:
    """The page for an address so many folders deep: its files are `assets/...` beside the topmost one."""
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
