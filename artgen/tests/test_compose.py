"""docker-compose.yml against what the code reads and what the monitoring profile asks."""

import re

import yaml
from django.conf import settings
from django.test import SimpleTestCase

from artgen.tests.test_env import documented

FILE = settings.BASE_DIR / "docker-compose.yml"
DEPLOY = settings.BASE_DIR / "deploy"
BY_IMAGE = {"DATA_DIR", "DB_POOL", "RUN_DIR", "STATIC_ROOT"}
NEVER = {"DEBUG"}


def services() -> dict[str, dict]:
    return yaml.safe_load(FILE.read_text())["services"]


class EnvironmentTests(SimpleTestCase):
    def test_it_passes_on_whatever_the_example_names(self) -> None:
        for name in ("backend", "sockets", "worker", "beat", "release"):
            given = {variable.removesuffix("_FILE") for variable in services()[name]["environment"]}
            # What compose itself reads, nginx' values and what `configure` makes of the password.
            used = set(re.findall(r"\$\{([A-Z_]+)", FILE.read_text())) | set(
                services()["nginx"]["environment"]
            )
            used |= set(services()["configure"]["environment"])
            self.assertEqual(
                set(documented()) - given - used - {"GUNICORN_BIND"}, BY_IMAGE | NEVER, name
            )

    def test_it_names_nothing_that_nobody_reads(self) -> None:
        given = {variable.removesuffix("_FILE") for variable in services()["beat"]["environment"]}
        self.assertEqual(given - set(documented()) - {"ALIVE"}, set())


class ContainmentTests(SimpleTestCase):
    def test_each_has_no_more_rights_than_it_needs(self) -> None:
        for name, service in services().items():
            self.assertIs(service["read_only"], True, name)
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertNotIn("cap_add", service)
            self.assertEqual(service["security_opt"], ["no-new-privileges:true"], name)
            # The others have a user in their image: 10001 in our own, nobody and 472 in monitoring.
            image = service["image"].partition(":")[0]
            if image not in (
                "artgen",
                "artgen-demo",
                "artgen-nginx",
                "prom/prometheus",
                "grafana/grafana",
            ):
                self.assertNotIn(service["user"], ("root", "0", "0:0"), name)

    def test_each_keeps_to_limits_and_tells_how_it_is(self) -> None:
        for name, service in services().items():
            self.assertEqual(
                service["logging"]["options"], {"max-size": "10m", "max-file": "5"}, name
            )
            if service["restart"] == "no":  # once, before the others
                self.assertIn(name, ("configure", "release"))
                continue
            self.assertEqual(service["restart"], "unless-stopped", name)
            self.assertEqual(
                set(service["deploy"]["resources"]["limits"]), {"memory", "pids"}, name
            )
            self.assertTrue(service["healthcheck"]["test"], name)

    def test_only_nginx_is_reached_from_outside_and_the_databases_from_inside_alone(self) -> None:
        file = yaml.safe_load(FILE.read_text())
        open_ones = {name for name, service in services().items() if "ports" in service}
        self.assertEqual(open_ones, {"nginx", "prometheus", "grafana"})
        self.assertIs(file["networks"]["databases"]["internal"], True)
        for name in ("postgres", "redis"):
            self.assertEqual(services()[name]["networks"], ["databases"])
        self.assertEqual(services()["backend"]["container_name"], "art_generation_backend")


class MonitoringTests(SimpleTestCase):
    def test_prometheus_asks_where_the_backend_listens_under_a_name_that_it_answers_to(
        self,
    ) -> None:
        config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
        (target,) = config["scrape_configs"][0]["static_configs"][0]["targets"]
        host, port = target.split(":")
        self.assertEqual(services()[host]["environment"]["WEB_PORT"], port)
        self.assertIn(host, settings.ALLOWED_HOSTS)
        self.assertTrue(
            set(services()[host]["networks"]) & set(services()["prometheus"]["networks"])
        )

    def test_grafana_finds_prometheus_and_the_dashboard(self) -> None:
        (source,) = yaml.safe_load(
            (DEPLOY / "grafana" / "datasources" / "prometheus.yml").read_text()
        )["datasources"]
        self.assertEqual((source["url"], source["uid"]), ("http://prometheus:9090", "prometheus"))
        self.assertTrue(
            set(services()["grafana"]["networks"]) & set(services()["prometheus"]["networks"])
        )
        (provider,) = yaml.safe_load(
            (DEPLOY / "grafana" / "dashboards" / "dashboards.yml").read_text()
        )["providers"]
        self.assertIn(
            "./deploy/grafana:/etc/grafana/provisioning:ro", services()["grafana"]["volumes"]
        )
        self.assertEqual(provider["options"]["path"], "/etc/grafana/provisioning/dashboards")
        self.assertTrue((DEPLOY / "grafana" / "dashboards" / "artgen.json").exists())

    def test_both_are_reached_from_this_machine_only(self) -> None:
        for name in ("prometheus", "grafana"):
            self.assertEqual(services()[name]["profiles"], ["monitoring"])
            for port in services()[name]["ports"]:
                self.assertTrue(port.startswith("127.0.0.1:"), port)
