"""The two forms of a run: the long one of `make chaos`, and the short one of `make test`."""

from dataclasses import dataclass, field

# Calls to RunPod and the bucket end soon, so that each fault is over within seconds.
QUICK = {
    "HTTP_CONNECT_SECONDS": "1",
    "HTTP_READ_SECONDS": "2",
    "HTTP_RUN_SECONDS": "3",
    "HTTP_SWEEP_SECONDS": "2",
    "HTTP_POOL_WAIT_SECONDS": "1",
    "S3_READ_SECONDS": "3",
    "IMAGE_CALL_SECONDS": "12",
    "RUNPOD_MISSING_SECONDS": "5",
    "NGINX_ACCESS_LOG": "off",
}


@dataclass(frozen=True)
class Form:
    """How long a run takes and what recovers how soon. All times are in seconds."""

    name: str
    jobs: int
    users: int
    window: float  # in which orders and faults happen
    settle: float  # at most, afterwards: until every job must have ended, and its event is sent
    repeats: int  # how often each fault happens at least
    gpu: str  # the GPU time of an image: a range
    skew: int  # by which the clock of one machine is off
    down: tuple[float, float]  # how long a server or the bucket is away
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return QUICK | self.settings


LONG = Form(
    name="long",
    jobs=300,
    users=20,
    window=210,
    settle=540,
    repeats=2,
    gpu="2-8",
    skew=60,
    down=(2, 10),
    settings={
        "RUNPOD_TTL_SECONDS": "40",
        "RUNPOD_EXECUTION_TIMEOUT_SECONDS": "30",
        "CLOCK_MARGIN_SECONDS": "60",
        "STORE_LEASE_SECONDS": "40",
        "JOB_DEADLINE_SECONDS": "180",
    },
)
SHORT = Form(
    name="short",
    jobs=50,
    users=5,
    window=20,
    settle=540,
    repeats=1,
    gpu="0.5-2",
    skew=10,
    down=(1, 3),
    settings={
        "RUNPOD_TTL_SECONDS": "10",  # the least that RunPod allows
        "RUNPOD_EXECUTION_TIMEOUT_SECONDS": "8",
        "CLOCK_MARGIN_SECONDS": "10",
        "STORE_LEASE_SECONDS": "20",
        "JOB_DEADLINE_SECONDS": "40",
    },
)
FORMS = {form.name: form for form in (LONG, SHORT)}
