from django.test import override_settings

from artgen.celery import app
from artgen.test import BaseTestCase
from artgen.tests.services import free_port


class HealthTests(BaseTestCase):
    def test_it_is_alive(self) -> None:
        response = self.client.get("/healthz")
        self.assertEqual((response.status_code, response.json()), (200, {"ok": True}))
        self.assertEqual(
            response["Cache-Control"], "max-age=0, no-cache, no-store, must-revalidate, private"
        )

    def test_it_asks_nobody_whether_it_is_alive(self) -> None:
        with self.assertNumQueries(0), dead_broker(), dead_cache():
            self.assertEqual(self.client.get("/healthz").status_code, 200)

    def test_it_is_ready(self) -> None:
        response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {"ok": True, "checks": {"database": True, "cache": True, "broker": True}},
        )

    def test_it_is_not_ready_without_broker(self) -> None:
        with dead_broker(), self.assertLogs("artgen.observability.health", "WARNING") as logs:
            response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 503)
        self.assertEqual(
            response.json(),
            {"ok": False, "checks": {"database": True, "cache": True, "broker": False}},
        )
        self.assertIn("broker cannot be reached", logs.output[0])

    def test_it_is_not_ready_without_cache(self) -> None:
        with dead_cache(), self.assertLogs("artgen.observability.health", "WARNING"):
            response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 503)
        self.assertFalse(response.json()["checks"]["cache"])

    def test_it_answers_head_and_nothing_else(self) -> None:
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.client.head(path).status_code, 200)
            self.assertEqual(self.client.post(path).status_code, 405)

    def test_it_is_asked_over_plain_http_too(self) -> None:
        with override_settings(SECURE_SSL_REDIRECT=True):
            self.assertEqual(self.client.get("/healthz").status_code, 200)
            self.assertEqual(self.client.get("/readyz").status_code, 200)


class dead_broker:
    """While it lasts, the broker is an address where nobody listens."""

    def __enter__(self) -> None:
        self.before = app.conf.broker_url
        app.conf.broker_url = f"redis://127.0.0.1:{free_port()}/0"

    def __exit__(self, *error: object) -> None:
        app.conf.broker_url = self.before


def dead_cache() -> override_settings:
    """While it lasts, the cache is an address where nobody listens."""
    address = f"redis://127.0.0.1:{free_port()}/0"
    return override_settings(
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": address,
            }
        }
    )
