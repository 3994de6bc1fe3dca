"""`make cluster`: start the cluster, print its addresses, and keep it running until Ctrl+C."""

import argparse
import shlex
import signal
import sys
import time
from pathlib import Path

from agentsentinel.embedded import EmbeddedPostgresError
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
    try:
        options.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    except OSError as error:
        print(f"{options.folder} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    print("Starting PostgreSQL, Redis, two servers, two workers and nginx ...", file=sys.stderr, flush=True)
    try:
        with running_cluster(options.folder.resolve(), https_port=options.port) as cluster:
            print(description(cluster), file=sys.stderr, flush=True)
            look_after(cluster)
    except (StartError, EmbeddedPostgresError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def settings_file(cluster: Cluster) -> Path:
    """Write what the commands of `agentsentinel` need into a file of its owner, and return its path."""
    path = cluster.folder / "settings.env"
    path.touch(0o600)
    settings = {"DATABASE_URL": cluster.dsn, "REDIS_URL": cluster.redis.url, "SECRET_KEY": cluster.secret}
    path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items()))
    return path


def description(cluster: Cluster) -> str:
    """Describe where everything is."""
    nginx = cluster.nginx
    lines = [
        f"  Dashboard {nginx.url}/   (self-signed)" if nginx else "",
        f"  Trust it  export SENTINEL_CA_FILE={nginx.certificate}" if nginx else "",
        *(f"  Server    {each.url}" for each in cluster.servers),
        *(f"  Worker    {each.url}/health" for each in cluster.workers),
        f"  Redis     {cluster.redis.url}",
        f"  Settings  set -a; . {settings_file(cluster)}; set +a    # for agentsentinel keys, doctor, ...",
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
        cluster.redis.ensure_running()
        for process in (*cluster.processes, *((cluster.nginx.process,) if cluster.nginx else ())):
            if not process.is_running:
                print(f"  {process.name} ended; starting it again", file=sys.stderr, flush=True)
                process.launch()


if __name__ == "__main__":
    sys.exit(main())
