"""nginx in front of the cluster, with the very configuration of docker-compose.yml."""

import os
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from deploy.cluster.process import Process, StartError, free_port, own_environment

PROJECT = Path(__file__).parents[2]
CONFIG = PROJECT / "nginx" / "nginx.conf"
GENERATE_CERTS = PROJECT / "nginx" / "generate-certs.sh"
PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"


class Nginx:
    """nginx with TLS and a self-signed certificate, on ports of its own."""

    def __init__(self, folder: Path, servers: Sequence[int], https_port: int = 0) -> None:
        """Prepare nginx for the servers on these ports. Raises StartError where no nginx is installed."""
        if not Path(PROGRAM).exists():
            raise StartError("nginx is missing: install it (Debian, Ubuntu: apt install nginx-light)")
        self._folder = folder
        self.http_port, self.https_port = free_port(), https_port or free_port()
        self.url = f"https://localhost:{self.https_port}"
        self.certificate = folder / "certs" / "server.crt"
        folder.mkdir(parents=True, exist_ok=True)
        if not self.certificate.exists():
            made = own_environment(CERTS_DIR=str(folder / "certs"))
            subprocess.run([GENERATE_CERTS], env=made, check=True, stdout=subprocess.DEVNULL)
        config = folder / "nginx.conf"
        config.write_text(self._with_our_addresses(CONFIG.read_text(), servers))
        command = [PROGRAM, "-p", str(folder), "-c", str(config), "-g", "daemon off;"]
        self.process = Process(command, folder / "nginx.log", self._answers)

    @property
    def access_log(self) -> Path:
        """One JSON object a line for each request."""
        return self._folder / "access.log"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process.start()

    def stop(self) -> None:
        """End it in order."""
        self.process.stop()

    def _answers(self) -> bool:
        try:
            context = ssl.create_default_context(cafile=str(self.certificate))
            opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
            return bool(opener.open(f"{self.url}/livez", timeout=2).status == 200)
        except OSError:
            return False

    def _with_our_addresses(self, text: str, servers: Sequence[int]) -> str:
        """Replace addresses and paths of the containers by those of this cluster."""
        upstreams = "\n".join(f"        server 127.0.0.1:{port} max_fails=1 fail_timeout=3s;" for port in servers)
        user = "user root;\n" if os.geteuid() == 0 else ""
        replacements = {
            "worker_processes auto;": f"{user}worker_processes auto;",
            "        server api:8000 max_fails=1 fail_timeout=3s;": upstreams,
            "listen 80;": f"listen 127.0.0.1:{self.http_port};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.https_port} ssl;",
            "https://$host$request_uri": f"https://$host:{self.https_port}$request_uri",
            "/etc/nginx/certs/": f"{self.certificate.parent}/",
            "/tmp/nginx": f"{self._folder}/nginx",
            "/dev/stderr": f"{self._folder}/error.log",
            "/dev/stdout": f"{self._folder}/access.log",
        }
        for before, after in replacements.items():
            if before not in text:
                raise StartError(f"{CONFIG.name} no longer holds: {before.strip()}")
            text = text.replace(before, after)
        return text
