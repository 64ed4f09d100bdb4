"""How an emulator behaves."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorOptions:
    """Address, timing and appearance. Raise ValueError for an unknown painter."""

    host: str = "127.0.0.1"
    port: int = 0  # 0: a free one
    public_url: str = ""  # base URL of the files; "": the host of the /run request
    cdn: str = ""  # a second host for files: a name of this machine, which gets the port, or a URL
    api_key: str | None = "emulator-key"  # the only accepted one; None: any
    shows_bill: bool = True  # the key may read the billing API
    rate_limits: bool = True  # RunPod's limits apply, in real time times `speed`

    painter: Literal["tiny", "full"] = "tiny"  # flat images at once, or the demo painter
    processes: int = 2  # of the demo painter

    manual: bool = False  # the clock is moved by `advance`
    instant: bool = False  # every job is finished before /run replies
    speed: float = 1.0  # emulated seconds per second
    workers: int = 3  # jobs that one endpoint runs at the same time
    seconds: float | tuple[float, float] = 5.0  # emulated GPU time of an image, or a range
    cold_start: float = 0.0  # emulated seconds before the first job of an endpoint
    slow_seconds: float = 30.0  # real seconds of the fault `slow`
    late_seconds: float = 60.0  # emulated seconds by which the webhook fault `late` delays
    seed: int = 0  # of all random values

    def __post_init__(self) -> None:
        if self.painter not in ("tiny", "full"):
            raise ValueError("painter must be 'tiny' or 'full'")

    @property
    def seconds_range(self) -> tuple[float, float]:
        return self.seconds if isinstance(self.seconds, tuple) else (self.seconds, self.seconds)
