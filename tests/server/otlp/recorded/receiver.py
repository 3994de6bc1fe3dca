"""What the recorders share: an OTLP receiver on this machine that keeps the request bodies as they came.

Only the standard library is needed, since each recorder runs in an environment of its own (README.md).
"""

import gzip
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).parent
SUFFIXES = {"application/x-protobuf": ".binpb", "application/json": ".json"}


@contextmanager
def recording(name: str) -> Iterator[str]:
    """Keep what is exported to the address given here as `name` with the suffix of its encoding.

    Several requests in protobuf are appended to each other, which makes them one request of protobuf's own rules;
    in JSON the last one is kept. No trace of the stack is in an exception, since it names folders of this machine.
    """
    sys.tracebacklimit = 0
    bodies: list[bytes] = []
    suffixes: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            suffix = SUFFIXES.get(self.headers["Content-Type"].partition(";")[0])
            if self.path.endswith("/v1/traces") and suffix is not None:
                bodies.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
                suffixes.append(suffix)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
    if not bodies:
        raise SystemExit("nothing was exported")
    target = FOLDER / f"{name}{suffixes[0]}"
    target.write_bytes(b"".join(bodies) if suffixes[0] == ".binpb" else bodies[-1])
    sys.stdout.write(f"{target.name}: {target.stat().st_size} bytes in {len(bodies)} requests\n")
