"""A whole cluster on this machine without containers: nginx with TLS, two servers, two workers, Redis, PostgreSQL."""

from deploy.cluster.cluster import Cluster as Cluster
from deploy.cluster.cluster import running_cluster as running_cluster
