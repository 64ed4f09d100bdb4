"""A certificate authority that speaks ACME, for tests: pebble, with a DNS of its own."""

import contextlib
import json
import signal
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from generation.testing.servers.certificate import make_certificate
from generation.testing.services import free_port, running


@dataclass
class Authority:
    """A running pebble, which asks port `http_port` of this machine for the proof of any name."""

    directory: str
    management: str
    http_port: int
    own_certificate: str

    @property
    def environment(self) -> dict[str, str]:
        """What deploy/certificate.sh needs to use it."""
        return {"ACME_URL": self.directory, "REQUESTS_CA_BUNDLE": self.own_certificate}

    def trusting(self) -> ssl.SSLContext:
        """Return a context that trusts its certificates alone."""
        root = requests.get(
            f"{self.management}/roots/0", verify=self.own_certificate, timeout=30
        ).text
        return ssl.create_default_context(cadata=root)


@contextlib.contextmanager
def authority(folder: Path, *, http_port: int) -> Iterator[Authority]:
    """Run it until the block ends; its files are in the folder."""
    certificate, key = make_certificate(folder)
    port, management, dns, dns_management = (free_port() for _ in range(4))
    config = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": certificate,
        "privateKey": key,
        "httpPort": http_port,
        "tlsPort": free_port(),
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "retryAfter": {"authz": 1, "order": 1},
        "certificateValidityPeriod": 90 * 24 * 60 * 60,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
    resolver = ["pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]
    resolver += ["-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{dns_management}"]
    resolver += [f"-{name}=" for name in ("http01", "https01", "tlsalpn01", "doh")]
    pebble = ["pebble", "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{dns}"]
    settings = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
    command = ["env", *(f"{name}={value}" for name, value in settings.items()), *pebble]
    with (
        running(resolver, port=dns_management, log=folder / "dns.log", stop=signal.SIGKILL),
        running(command, port=port, log=folder / "pebble.log", stop=signal.SIGKILL),
    ):
        yield Authority(
            f"https://localhost:{port}/dir",
            f"https://localhost:{management}",
            http_port,
            certificate,
        )
