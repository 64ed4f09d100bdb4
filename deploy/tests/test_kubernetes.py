"""The manifests of deploy/kubernetes as `kubectl apply -k` sends them."""

import re
import subprocess
from datetime import timedelta
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.utils import timezone

from artgen.database import connection_budget
from artgen.database.connection_budget import LANES
from artgen.environment.setting_names import documented
from generation.jobs.engine import driver, lifecycle, outages
from generation.models import Endpoint, GenerationSwitch, ImageModel, Job, Status
from generation.providers.call_errors import EndpointMissing, KeyRefused
from generation.providers.provider import SYNCHRONOUS
from generation.testing.cases import EmulatorTestCase, make_due

pytestmark = pytest.mark.release(
    "deploy/kubernetes/", "deploy/Dockerfile", "docker-compose.yml", "artgen/settings/"
)

FOLDER = settings.BASE_DIR / "deploy" / "kubernetes"
VERSIONS = ("1.30", "1.33", "1.37")
# Read by deploy/start.sh and set by the manifests themselves.
OWN = {"ALIVE_FILE", "SOCKETS_HOST", "SOCKETS_PORT"}
PROCESSES = ("web", "sockets", "worker", "nginx")

Manifest = dict[str, Any]


@cache
def rendered() -> tuple[Manifest, ...]:
    """Return the manifests as kustomize renders the folder."""
    text = subprocess.run(
        ["kubectl", "kustomize", FOLDER], check=True, capture_output=True, text=True
    ).stdout
    return tuple(yaml.safe_load_all(text))


def written() -> list[Manifest]:
    """Return every document of every file, including the example of the secrets."""
    files = sorted(FOLDER.glob("*.yaml"))
    return [
        one
        for file in files
        for one in yaml.safe_load_all(file.read_text())
        if one["kind"] != "Kustomization"
    ]


def of_kind(kind: str) -> dict[str, Manifest]:
    return {one["metadata"]["name"]: one for one in rendered() if one["kind"] == kind}


def pods() -> dict[str, Manifest]:
    """Return the pod of each Deployment, Job and CronJob."""
    found = {
        name: one["spec"]["template"]["spec"]
        for kind in ("Deployment", "Job")
        for name, one in of_kind(kind).items()
    }
    for name, one in of_kind("CronJob").items():
        found[name] = one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def config() -> dict[str, str]:
    lines = (FOLDER / "config.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def nginx_defaults() -> dict[str, str]:
    """Return nginx's own variables and their defaults."""
    script = (settings.BASE_DIR / "nginx" / "render.sh").read_text()
    return dict(re.findall(r"^default (NGINX_\w+) (\S+)", script, re.MULTILINE))


def seconds(text: str) -> int:
    return int(re.fullmatch(r"(\d+)s?", text)[1])


@pytest.mark.kubectl
class TestSchema:
    def test_it_is_accepted_by_kustomize(self):
        named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
        apart = {"kustomization.yaml", "secret.example.yaml"}
        assert set(named) == {file.name for file in FOLDER.glob("*.yaml")} - apart

    def test_it_uses_fields_that_kubernetes_knows(self):
        checked = 0
        for one in [*rendered(), *written()]:
            if not one["apiVersion"].startswith(("keda.sh/", "gateway.networking.k8s.io/")):
                for version in VERSIONS:
                    kubernetes_validate.validate(one, version, strict=True)
                checked += 1
        assert checked > 30


@pytest.mark.kubectl
class TestTruth:
    def test_it_sets_variables_that_artgen_reads(self):
        known = set(documented()) | OWN | set(nginx_defaults())
        (secret, _) = [one for one in written() if one["kind"] == "Secret"]
        named = set(config()) | set(secret["stringData"])
        for pod in pods().values():
            for container in [*pod.get("initContainers", []), *pod["containers"]]:
                named |= {variable["name"] for variable in container.get("env", [])}
        assert named - known == set()

    def test_it_has_every_secret_in_the_secret_and_none_in_the_config(self):
        by_name = re.compile(
            r"(API_KEY|ACCESS_KEY(_ID)?|SECRET(_KEY.*)?|DSN|HEADERS|IDENTITY|PASSWORD)$"
        )
        # Addresses that have a password or a token in them.
        addresses = {
            "ALERT_WEBHOOK_URL",
            "CELERY_BROKER_URL",
            "DATABASE_URL",
            "EMAIL_URL",
            "REDIS_URL",
        }
        of_compose = {"GRAFANA_PASSWORD", "POSTGRES_PASSWORD"}
        secret = {name for name in documented() if by_name.search(name)} | addresses
        (example, _) = [one for one in written() if one["kind"] == "Secret"]
        assert set(example["stringData"]) == secret - of_compose
        assert not secret & set(config())

    def test_it_runs_commands_of_the_start_script(self):
        script = (settings.BASE_DIR / "deploy" / "start.sh").read_text()
        known = set(re.findall(r"^([a-z]+)\)$", script, re.MULTILINE))
        for name, pod in pods().items():
            for container in pod["containers"]:
                assert "command" not in container, "the image's own entry point is deploy/start.sh"
            if name == "worker":
                assert [one["args"] for one in pod["containers"]] == [[one] for one in LANES]
                continue
            (container,) = pod["containers"]
            if name == "backup":  # that of its image is deploy/backup.sh
                assert (container["image"].partition(":")[0], container["args"]) == (
                    "registry.example.org/artgen-backup",
                    ["now"],
                )
                continue
            assert container["args"] == [name]
            assert name in known
        assert set(pods()) == {*PROCESSES, "release", "doctor", "backup"}

    def test_it_keeps_connections_below_the_limit_during_an_upgrade(self):
        deployments, planned = of_kind("Deployment"), connection_budget.read(config())
        (autoscaler,) = of_kind("HorizontalPodAutoscaler").values()
        (scaled,) = of_kind("ScaledObject").values()
        most = {
            "web": autoscaler["spec"]["maxReplicas"],
            "worker": scaled["spec"]["maxReplicaCount"],
            "sockets": deployments["sockets"]["spec"]["replicas"],
        }
        with_upgrade = {
            name: count + deployments[name]["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
            for name, count in most.items()
        }
        said = {
            "web": planned.web_machines,
            "worker": planned.worker_machines,
            "sockets": planned.sockets_machines,
        }
        assert said == with_upgrade
        assert planned.excess == "", planned.arithmetic
        assert planned.arithmetic == (
            "web 5 × 2 processes × 3 + sockets 2 × 4 "
            "+ workers 4 × (drive 2 + store 4 + slow 2) + spare 1 = 71"
        )

    def test_it_gives_no_more_rights_than_compose(self):
        for name, pod in pods().items():
            rights = pod["securityContext"]
            assert (rights["runAsNonRoot"], rights["runAsUser"]) == (True, 10001), name
            assert rights["seccompProfile"] == {"type": "RuntimeDefault"}
            assert not pod["automountServiceAccountToken"]
            # Else SOCKETS_PORT would be tcp://10.0.0.1:8001.
            assert not pod["enableServiceLinks"]
            for container in [*pod.get("initContainers", []), *pod["containers"]]:
                assert container["securityContext"] == {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                }
                assert container["resources"]["requests"]
                assert container["resources"]["limits"]["memory"]
                assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}

    def test_it_probes_every_process(self):
        for name in PROCESSES:
            containers = pods()[name]["containers"]
            for container in containers:
                assert "startupProbe" in container, name
                assert "livenessProbe" in container, name
            if name in ("web", "sockets"):
                assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
                ready = {"web": "/readyz?exclude=sockets", "sockets": "/readyz"}[name]
                assert container["readinessProbe"]["httpGet"]["path"] == ready
                for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                    (header,) = container[probe]["httpGet"]["httpHeaders"]
                    assert header["value"] in settings.ALLOWED_HOSTS
            if name == "worker":
                for one in containers:
                    assert one["livenessProbe"]["exec"]["command"] == ["deploy/start.sh", "alive"]

    def test_it_gives_every_process_time_to_end(self):
        compose = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())["services"]
        services = {"web": "backend", "nginx": "nginx", "sockets": "sockets", "worker": "drive"}
        for name, service in services.items():
            pod = pods()[name]
            before = (
                pod["containers"][0]
                .get("lifecycle", {})
                .get("preStop", {})
                .get("exec", {})
                .get("command", ["", "0"])[1]
            )
            given = pod["terminationGracePeriodSeconds"]
            assert given >= int(before) + seconds(compose[service]["stop_grace_period"]), name


@pytest.mark.kubectl
class TestQuery(EmulatorTestCase):
    def waiting(self) -> int:
        """Ask as KEDA does."""
        (scaled,) = of_kind("ScaledObject").values()
        with connection.cursor() as cursor:
            # Within a test's one transaction now() stands still.
            query = scaled["spec"]["triggers"][0]["metadata"]["query"]
            cursor.execute(query.replace("now()", "clock_timestamp()"))
            (row,) = cursor.fetchall()
        assert isinstance(row[0], int)
        return row[0]

    def test_the_role_of_the_pages_may_ask(self):
        (grant,) = re.findall(r'-c "(GRANT SELECT ON .*?)"', (FOLDER / "README.md").read_text())
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE artgen_keda")  # until the test's transaction ends
            cursor.execute(grant)
            cursor.execute("SET LOCAL ROLE artgen_keda")
            assert self.waiting() == 0
            cursor.execute("RESET ROLE")

    def test_it_counts_what_a_worker_could_do_now(self):
        endpoint = Endpoint.objects.filter(model__slug="flux-schnell")
        endpoint.update(max_in_flight=1)
        assert self.waiting() == 0
        for _ in range(5):
            self.place()
        assert self.waiting() == 1, "there is room for one of the five"
        driver.submit("flux-schnell")
        assert self.waiting() == 0, "it is out and not due"
        endpoint.update(max_in_flight=2)
        assert self.waiting() == 1, "one more fits"
        driver.submit("flux-schnell")
        assert self.waiting() == 0, "no worker makes room"
        make_due()
        assert self.waiting() == 2, "two want to be looked at"
        storing = Job.objects.at_provider().first()
        Job.objects.filter(id=storing.id).update(status=Status.STORING)
        assert self.waiting() == 3, "one to store, one to look at, and room for one"

    def test_it_counts_calls_of_image_servers_until_they_end(self):
        model = ImageModel.objects.get(slug="flux-schnell")
        server = Endpoint.objects.filter(model=model)
        server.update(provider="image_server", endpoint_id="sd", max_in_flight=16)
        for _ in range(16):
            self.place()
        driver.submit(model.slug)
        driver.check(model.slug)  # the tick looks after them: they are due later
        lifecycle.begin_call()
        assert self.waiting() == 2 * 20, "two workers have 16 threads"
        Job.objects.update(status=Status.STORING, due_at=timezone.now())
        assert self.waiting() == 16
        assert {"yandex", "image_server"} == SYNCHRONOUS

    def test_it_counts_no_queue_that_stands_still(self):
        self.place()
        assert self.waiting() == 1
        Endpoint.objects.update(submit_after=timezone.now() + timedelta(minutes=1))
        assert self.waiting() == 0
        Endpoint.objects.update(submit_after=None)
        GenerationSwitch.objects.create(on=False)
        assert self.waiting() == 0

    def test_it_counts_no_model_that_provider_refuses(self):
        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=1)
        for slug in ("flux-schnell", "flux-schnell", "flux-dev"):
            self.place(model=slug)
        driver.submit("flux-schnell")
        Endpoint.objects.filter(model__slug="flux-schnell").update(max_in_flight=2)
        make_due()
        assert self.waiting() == 3, "one to look at, one more that fits, one of another model"
        missing = EndpointMissing("404", status=404)
        outages.start(Endpoint.objects.get(model__slug="flux-schnell").place, missing)
        assert self.waiting() == 1, "the other model's"
        outages.start(
            Endpoint.objects.get(model__slug="flux-dev").place, KeyRefused("401", status=401)
        )
        assert self.waiting() == 0
