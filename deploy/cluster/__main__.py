"""`make cluster`: start the cluster, print its addresses, and keep it running until Ctrl+C."""

import argparse
import signal
import sys
import time
from pathlib import Path

from deploy.cluster.cluster import Cluster, running_cluster
from deploy.cluster.process import StartError

DEFAULT_FOLDER = Path("/var/tmp/agentsentinel-cluster")
LOOK_SECONDS = 0.5


def main() -> int:
    """Run a cluster until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(description="A cluster on this machine: nginx, two servers, two workers, Redis.")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="data and logs (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8443, help="HTTPS port of nginx (default: %(default)s)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    options.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    print("Starting PostgreSQL, Redis, two servers, two workers and nginx ...", file=sys.stderr, flush=True)
    try:
        with running_cluster(options.folder.resolve(), https_port=options.port) as cluster:
            print(description(cluster), file=sys.stderr, flush=True)
            look_after(cluster)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def description(cluster: Cluster) -> str:
    """Describe where everything is."""
    nginx = cluster.nginx
    lines = [
        f"  Dashboard {nginx.url}/   (self-signed)" if nginx else "",
        f"  Trust it  export SENTINEL_CA_FILE={nginx.certificate}" if nginx else "",
        *(f"  Server    {each.url}" for each in cluster.servers),
        *(f"  Worker    {each.url}/health" for each in cluster.workers),
        f"  Redis     {cluster.redis.url}",
        f"  Database  export DATABASE_URL='{cluster.dsn}'",
        f"  Logs      {cluster.folder}",
        f"  Key       export AGENTSENTINEL_API_KEY={cluster.admin_key}",
        "  Stop      Ctrl+C",
    ]
    return "\n".join(filter(None, lines))


def look_after(cluster: Cluster) -> None:
    """Start again what ends, as a process manager does, until Ctrl+C."""
    while True:
        time.sleep(LOOK_SECONDS)
        if cluster.postgres is not None:
            cluster.postgres.ensure_running()
        for process in cluster.processes:
            if not process.is_running:
                print(f"  {process.role} on port {process.port} ended; starting it again", file=sys.stderr, flush=True)
                process.launch()


if __name__ == "__main__":
    sys.exit(main())
