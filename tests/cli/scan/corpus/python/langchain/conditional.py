import os
from langchain_core.tools import tool

if os.getenv("ENABLE_ADMIN"):
    @tool
    def restart_service(name: str) -> str:
        """Restart one of our services."""
        import subprocess
        return subprocess.run(["systemctl", "restart", name], capture_output=True, text=True).stdout
else:
    @tool
    def service_status(name: str) -> str:
        """How a service is doing."""
        return STATUS.get(name, "unknown")
