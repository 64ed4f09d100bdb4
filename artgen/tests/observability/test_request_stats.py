import threading

from django.core.handlers.exception import convert_exception_to_response
from django.test import RequestFactory, SimpleTestCase, override_settings

from artgen.observability import request_stats
from generation.testing.request_stats import forget
from generation.testing.services import free_port


def counts(found: request_stats.RequestCounts) -> dict[tuple[str, str], int]:
    return {series: times.count for series, times in found.items()}


class TestMiddleware(SimpleTestCase):
    databases = {"default"}

    def setUp(self) -> None:
        forget()

    def test_it_counts_by_kind_and_class_of_answer(self) -> None:
        for path in ("/nothing-here/", "/api/v1/nothing/", "/api/v1/nothing/", "/hooks/runpod/x/"):
            self.client.get(path)
        assert counts(request_stats.totals()) == {
            ("page", "4xx"): 1,
            ("api", "4xx"): 2,
            ("hook", "4xx"): 1,
        }
        assert counts(request_stats.recent(5)) == counts(request_stats.totals())

    def test_it_does_not_count_those_who_look_after_it(self) -> None:
        for path in ("/healthz", "/metrics", "/static/x.css"):
            assert request_stats.kind_of(path) == "", path
        self.client.get("/healthz")
        assert counts(request_stats.totals()) == {}

    def test_it_counts_an_error_and_the_time_of_everything_inside(self) -> None:
        def broken(request):
            raise RuntimeError

        request = RequestFactory().get("/create/")
        with self.assertLogs("django.request", "ERROR"):
            response = request_stats.middleware(convert_exception_to_response(broken))(request)
        assert response.status_code == 500
        assert counts(request_stats.totals()) == {("page", "5xx"): 1}
        assert request_stats.totals()["page", "5xx"].seconds > 0


class TestCounting(SimpleTestCase):
    def setUp(self) -> None:
        forget()

    def test_it_loses_none_to_threads(self) -> None:
        def work() -> None:
            for _ in range(500):
                request_stats.note("api", 200, 0.01)
                request_stats.flush()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert request_stats.totals()["api", "2xx"].count == 2000


class TestRedis(SimpleTestCase):
    def setUp(self) -> None:
        forget()

    def test_it_adds_up_what_several_processes_have_counted(self) -> None:
        for _ in range(3):  # each a process of its own, as far as Redis can tell
            for seconds in (0.001, 0.0005):
                request_stats.note("api", 200, seconds)
            request_stats.flush()
        times = request_stats.totals()["api", "2xx"]
        assert (times.count, round(times.seconds, 6)) == (6, 0.0045)
        assert counts(request_stats.recent(1)) == {("api", "2xx"): 6}

    def test_it_keeps_counts_while_redis_is_away(self) -> None:
        with override_settings(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"):
            request_stats.note("api", 200, 0.001)
            with self.assertLogs("artgen.observability.request_stats", "WARNING"):
                request_stats.flush()
        assert counts(request_stats.totals()) == {("api", "2xx"): 1}
