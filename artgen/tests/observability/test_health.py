from django.conf import settings
from django.core.cache import cache
from django.test import override_settings

from artgen.processes import sockets_heartbeat
from generation.testing.cases import BaseTestCase
from generation.testing.servers.dead_servers import dead_broker, dead_cache


class TestHealth(BaseTestCase):
    def test_it_is_alive(self) -> None:
        response = self.client.get("/healthz")
        assert response.status_code == 200
        assert response.json() == {"ok": True, "version": settings.VERSION}
        assert (
            response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
        )

    def test_it_asks_nobody_whether_it_is_alive(self) -> None:
        with self.assertNumQueries(0), dead_broker(), dead_cache():
            assert self.client.get("/healthz").status_code == 200

    def test_it_is_ready(self) -> None:
        response = self.client.get("/readyz")
        assert response.status_code == 200
        assert response.json() == {
            "ok": True,
            "checks": {"database": True, "cache": True, "broker": True, "sockets": True},
        }

    def test_it_is_not_ready_without_broker(self) -> None:
        with dead_broker(), self.assertLogs("artgen.observability.health", "WARNING") as logs:
            response = self.client.get("/readyz")
        assert response.status_code == 503
        assert response.json() == {
            "ok": False,
            "checks": {"database": True, "cache": True, "broker": False, "sockets": True},
        }
        assert "broker cannot be reached" in logs.output[0]

    def test_it_is_not_ready_without_cache(self) -> None:
        with dead_cache(), self.assertLogs("artgen.observability.health", "WARNING"):
            response = self.client.get("/readyz")
        assert response.status_code == 503
        assert not response.json()["checks"]["cache"]

    def test_it_is_asked_over_plain_http_too(self) -> None:
        with override_settings(SECURE_SSL_REDIRECT=True):
            assert self.client.get("/healthz").status_code == 200
            assert self.client.get("/readyz").status_code == 200

    def test_it_is_not_ready_when_no_socket_process_reports_any_more(self) -> None:
        sockets_heartbeat.beat()
        assert self.client.get("/readyz").status_code == 200
        cache.delete(sockets_heartbeat.ALIVE)  # as when it expires
        with self.assertLogs("artgen.observability.health", "WARNING"):
            response = self.client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["checks"]["sockets"] is False
        response = self.client.get("/readyz?exclude=sockets")
        assert response.status_code == 200
        assert "sockets" not in response.json()["checks"]
