"""The rows of the table; each module measures what belongs together."""

from deploy.bench.rows import engine, memory, requests
from deploy.bench.runner import Row

ALL: dict[str, Row] = {
    "burst": engine.burst,
    "cpu": engine.cpu,
    "latency": engine.latency,
    "store": engine.store,
    "post": requests.post,
    "list_jobs": requests.list_jobs,
    "list_images": requests.list_images,
    "create": requests.create,
    "gallery": requests.gallery,
    "memory": memory.memory,
}
