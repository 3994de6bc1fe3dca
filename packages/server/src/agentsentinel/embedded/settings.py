"""The settings file of the embedded server, with the reason for each setting."""

import hashlib
import os
from pathlib import Path

from agentsentinel.embedded.binaries import has_timescaledb
from agentsentinel.embedded.layout import PORT, Layout

MIB = 1024 * 1024

_TEMPLATE = """\
# Written by AgentSentinel at every start: changes here are lost. Use ALTER SYSTEM, which wins over this file.

# Reached over a private socket only.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 60

# One query over all weeks of ten years of retention locks 522 partitions and their indexes.
max_locks_per_transaction = 512

# Names this data directory's processes in the process list, so that orphans of a crash can be identified.
cluster_name = '{cluster_name}'

# Acknowledged means durable: never trade these.
fsync = on
synchronous_commit = on
full_page_writes = on

# One server without replicas: no WAL beyond what crash recovery needs. The price: no pg_basebackup, no replication
# and no point-in-time recovery; a backup is a pg_dump.
wal_level = minimal
max_wal_senders = 0
wal_compression = pglz

# Replaying 680 MB of WAL took 7.8 s on a laptop; 512 MB keeps a start after a crash well below 30 s, and costs
# bulk loads a checkpoint more often than the default of 1 GB.
max_wal_size = 512MB
checkpoint_timeout = 5min

shared_buffers = {shared_buffers_mib}MB
effective_cache_size = {cache_mib}MB
work_mem = 8MB
maintenance_work_mem = 64MB
random_page_cost = 1.1

# Many small queries: compiling them costs more than it saves, and parallel workers take cores from ingest and need
# more shared memory than the 64 MB a container has.
jit = off
max_parallel_workers_per_gather = 0

# Nothing waits forever. Migrations and retention set their own limits with SET LOCAL.
statement_timeout = 30s
lock_timeout = 10s
idle_in_transaction_session_timeout = 60s

timezone = 'UTC'
log_timezone = 'UTC'

# Files of 10 MB, of which AgentSentinel keeps the newest few. PostgreSQL itself truncates only on rotation by time, so
# that one bad hour could fill the disk.
logging_collector = on
log_destination = 'stderr'
log_directory = 'log'
log_filename = 'postgresql-%Y%m%d-%H%M%S.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 10MB
log_line_prefix = '%m [%p] %q%u@%d '
log_min_duration_statement = 1s
# Statements are logged without their values, which are customers' data.
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""

_TIMESCALEDB = """
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = 'off'
"""


def render(layout: Layout, programs: Path, memory_bytes: int) -> str:
    """Render the settings file for a machine (or container) with `memory_bytes` of memory."""
    memory_mib = memory_bytes // MIB
    text = _TEMPLATE.format(
        port=PORT,
        socket_folder=layout.socket_folder,
        cluster_name=cluster_name(layout.cluster),
        shared_buffers_mib=min(256, max(16, memory_mib // 8)),
        cache_mib=max(64, memory_mib // 2),
    )
    return text + _TIMESCALEDB if has_timescaledb(programs) else text


def write(text: str, path: Path) -> bool:
    """Replace the file at `path` atomically, readable by PostgreSQL's account; return False if it was up to date."""
    if path.is_file() and path.read_text() == text:
        return False
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.write_text(text)
    fresh.chmod(0o644)
    fresh.replace(path)
    return True


def cluster_name(cluster: Path) -> str:
    """Return a name that no other cluster on this machine has, not even one at the same path in a container."""
    status = cluster.stat()
    return "agentsentinel-" + hashlib.sha256(f"{status.st_dev}:{status.st_ino}".encode()).hexdigest()[:12]


def available_memory() -> int:
    """Return the memory of this machine in bytes, or the container's limit if that is lower."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdigit() else machine
