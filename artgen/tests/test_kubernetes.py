"""The manifests of deploy/kubernetes as `kubectl apply -k` sends them."""

import re
import subprocess
import unittest
from datetime import timedelta
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.utils import timezone

from artgen import connection_budget
from artgen.test import EmulatorTestCase, make_due
from artgen.tests.test_env import documented
from generation.jobs import driver, outages
from generation.models import GenerationSwitch, ImageModel, Job, Status
from generation.runpod.verdicts import EndpointMissing, KeyRefused

FOLDER = settings.BASE_DIR / "deploy" / "kubernetes"
VERSIONS = ("1.30", "1.33", "1.37")
# Read by deploy/start.sh and set by the manifests themselves.
OWN = {"ALIVE_FILE", "SOCKETS_HOST", "SOCKETS_PORT"}
PROCESSES = ("web", "sockets", "worker", "beat", "nginx")

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
    """Return the pod of each Deployment and Job."""
    return {
        name: one["spec"]["template"]["spec"]
        for kind in ("Deployment", "Job")
        for name, one in of_kind(kind).items()
    }


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
class SchemaTests(unittest.TestCase):
    def test_kustomize_takes_every_file(self):
        named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
        apart = {"kustomization.yaml", "secret.example.yaml"}
        self.assertEqual(set(named), {file.name for file in FOLDER.glob("*.yaml")} - apart)

    def test_kubernetes_knows_every_field(self):
        checked = 0
        for one in [*rendered(), *written()]:
            if not one["apiVersion"].startswith("keda.sh/"):
                for version in VERSIONS:
                    kubernetes_validate.validate(one, version, strict=True)
                checked += 1
        self.assertGreater(checked, 30)

    def test_a_field_that_there_is_not_would_be_found(self):
        broken = yaml.safe_load((FOLDER / "namespace.yaml").read_text()) | {"specs": {}}
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)

    def test_keda_knows_every_field(self):
        # https://keda.sh/docs/latest/reference/scaledobject-spec/ and https://keda.sh/docs/latest/scalers/postgresql/
        (scaled,) = of_kind("ScaledObject").values()
        spec, (trigger,) = scaled["spec"], scaled["spec"]["triggers"]
        self.assertEqual(scaled["apiVersion"], "keda.sh/v1alpha1")
        self.assertLessEqual(
            set(spec),
            {
                "scaleTargetRef",
                "pollingInterval",
                "cooldownPeriod",
                "initialCooldownPeriod",
                "idleReplicaCount",
            }
            | {"minReplicaCount", "maxReplicaCount", "fallback", "advanced", "triggers"},
        )
        self.assertEqual(
            spec["scaleTargetRef"],
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"},
        )
        self.assertEqual(set(spec["fallback"]), {"failureThreshold", "replicas"})
        self.assertEqual(set(spec["advanced"]), {"horizontalPodAutoscalerConfig"})
        self.assertEqual(set(trigger), {"type", "metricType", "metadata", "authenticationRef"})
        # `fallback` is for AverageValue alone.
        self.assertEqual((trigger["type"], trigger["metricType"]), ("postgresql", "AverageValue"))
        self.assertLessEqual(
            set(trigger["metadata"]), {"query", "targetQueryValue", "activationTargetQueryValue"}
        )
        self.assertTrue(all(isinstance(value, str) for value in trigger["metadata"].values()))
        (authentication,) = of_kind("TriggerAuthentication").values()
        self.assertEqual(trigger["authenticationRef"], {"name": authentication["metadata"]["name"]})
        (reference,) = authentication["spec"]["secretTargetRef"]
        self.assertEqual(set(reference), {"parameter", "name", "key"})
        self.assertEqual(reference["parameter"], "connection")
        secrets = {
            one["metadata"]["name"]: one["stringData"]
            for one in written()
            if one["kind"] == "Secret"
        }
        self.assertIn(reference["key"], secrets[reference["name"]])


@pytest.mark.kubectl
class TruthTests(unittest.TestCase):
    def test_every_variable_is_one_that_artgen_reads(self):
        known = set(documented()) | OWN | set(nginx_defaults())
        (secret, _) = [one for one in written() if one["kind"] == "Secret"]
        named = set(config()) | set(secret["stringData"])
        for pod in pods().values():
            for container in [*pod.get("initContainers", []), *pod["containers"]]:
                named |= {variable["name"] for variable in container.get("env", [])}
        self.assertEqual(named - known, set())

    def test_every_command_is_one_of_the_start_script(self):
        script = (settings.BASE_DIR / "deploy" / "start.sh").read_text()
        known = set(re.findall(r"^([a-z]+)\)$", script, re.MULTILINE))
        for name, pod in pods().items():
            (container,) = pod["containers"]
            self.assertEqual(container["args"], [name])
            self.assertIn(name, known)
            self.assertNotIn("command", container, "the image's own entry point is deploy/start.sh")
        self.assertEqual(set(pods()), {*PROCESSES, "release"})

    def test_the_sum_of_connections_stays_below_the_limit_also_during_an_upgrade(self):
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
        self.assertEqual(said, with_upgrade)
        self.assertEqual(planned.excess, "", planned.arithmetic)
        self.assertEqual(
            planned.arithmetic,
            "web 5 × 2 processes × 3 + sockets 2 × 4 + workers 4 × 3 lanes × 3 "
            "+ beat 1 + spare 3 = 78",
        )

    def test_the_page_says_the_sum_as_it_is(self):
        planned = connection_budget.read(config())
        page = (FOLDER / "README.md").read_text()
        self.assertEqual(page.count(f"`{planned.arithmetic} of {planned.limit}`"), 2)

    def test_whoever_is_scaled_by_others_has_no_number_of_its_own(self):
        deployments = of_kind("Deployment")
        self.assertEqual(
            {name: one["spec"].get("replicas") for name, one in deployments.items()},
            {"web": None, "worker": None, "sockets": 2, "nginx": 2, "beat": 1},
        )
        self.assertEqual(deployments["beat"]["spec"]["strategy"], {"type": "Recreate"})

    def test_nothing_runs_with_more_rights_than_in_compose(self):
        for name, pod in pods().items():
            rights = pod["securityContext"]
            self.assertEqual((rights["runAsNonRoot"], rights["runAsUser"]), (True, 10001), name)
            self.assertEqual(rights["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertFalse(pod["automountServiceAccountToken"])
            # Else SOCKETS_PORT would be tcp://10.0.0.1:8001.
            self.assertFalse(pod["enableServiceLinks"])
            for container in [*pod.get("initContainers", []), *pod["containers"]]:
                self.assertEqual(
                    container["securityContext"],
                    {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                )
                self.assertTrue(
                    container["resources"]["requests"]
                    and container["resources"]["limits"]["memory"]
                )
                self.assertIn("/tmp", {mount["mountPath"] for mount in container["volumeMounts"]})

    def test_every_process_is_asked_how_it_is(self):
        for name in PROCESSES:
            (container,) = pods()[name]["containers"]
            self.assertIn("startupProbe", container, name)
            self.assertIn("livenessProbe", container, name)
            if name in ("web", "sockets"):
                self.assertEqual(container["livenessProbe"]["httpGet"]["path"], "/healthz")
                self.assertEqual(container["readinessProbe"]["httpGet"]["path"], "/readyz")
                for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                    (header,) = container[probe]["httpGet"]["httpHeaders"]
                    self.assertIn(header["value"], settings.ALLOWED_HOSTS)
            if name in ("worker", "beat"):
                self.assertEqual(
                    container["livenessProbe"]["exec"]["command"], ["deploy/start.sh", "alive"]
                )

    def test_every_process_is_given_the_time_to_end_in_peace(self):
        compose = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())["services"]
        services = {
            "web": "backend",
            "nginx": "nginx",
            "sockets": "sockets",
            "worker": "worker",
            "beat": "beat",
        }
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
            self.assertGreaterEqual(
                given, int(before) + seconds(compose[service]["stop_grace_period"]), name
            )

    def test_an_eviction_never_takes_the_last_of_a_kind(self):
        budgets = of_kind("PodDisruptionBudget")
        self.assertEqual(set(budgets), {"web", "sockets", "worker", "nginx"})
        for name, budget in budgets.items():
            self.assertEqual(budget["spec"]["minAvailable"], 1)
            labels = of_kind("Deployment")[name]["spec"]["template"]["metadata"]["labels"]
            self.assertLessEqual(budget["spec"]["selector"]["matchLabels"].items(), labels.items())

    def test_services_lead_where_nginx_and_the_ingress_look(self):
        services = of_kind("Service")
        for name, service in services.items():
            (port,) = service["spec"]["ports"]
            (container,) = pods()[name]["containers"]
            self.assertEqual(port["targetPort"], container["ports"][0]["name"])
            self.assertEqual(port["port"], container["ports"][0]["containerPort"])
        variables = {
            one["name"]: one.get("value") for one in pods()["nginx"]["containers"][0]["env"]
        }
        self.assertEqual(
            (variables["NGINX_WEB"], variables["NGINX_SOCKETS"]), ("web:8000", "sockets:8001")
        )
        for ingress in of_kind("Ingress").values():
            (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
            self.assertEqual(
                path["backend"]["service"], {"name": "nginx", "port": {"name": "http"}}
            )

    def test_the_ingress_is_nowhere_narrower_than_nginx(self):
        ingresses, prefix, defaults = (
            of_kind("Ingress"),
            "nginx.ingress.kubernetes.io/",
            nginx_defaults(),
        )
        for name, timeout in (
            ("artgen", "NGINX_API_TIMEOUT"),
            ("artgen-sockets", "NGINX_SOCKET_TIMEOUT"),
        ):
            for kind in ("read", "send"):
                given = ingresses[name]["metadata"]["annotations"][f"{prefix}proxy-{kind}-timeout"]
                self.assertEqual(int(given), seconds(defaults[timeout]))
        bodies = ("NGINX_UPLOAD_BODY_MAX", "NGINX_FORM_BODY_MAX", "NGINX_HOOK_BODY_MAX")
        most = max(int(defaults[body].removesuffix("m")) for body in bodies)
        self.assertEqual(
            ingresses["artgen"]["metadata"]["annotations"][f"{prefix}proxy-body-size"], f"{most}m"
        )

    def test_a_changed_value_starts_the_pods_anew(self):
        (name,) = of_kind("ConfigMap")
        self.assertRegex(name, r"^artgen-\w{10}$")
        for kind in ("web", "sockets", "worker", "beat", "release"):
            self.assertEqual(
                pods()[kind]["containers"][0]["envFrom"][0], {"configMapRef": {"name": name}}
            )


@pytest.mark.kubectl
@pytest.mark.postgres
class QueryTests(EmulatorTestCase):
    def waiting(self) -> int:
        """Ask as KEDA does."""
        (scaled,) = of_kind("ScaledObject").values()
        with connection.cursor() as cursor:
            # Within a test's one transaction now() stands still.
            query = scaled["spec"]["triggers"][0]["metadata"]["query"]
            cursor.execute(query.replace("now()", "clock_timestamp()"))
            (row,) = cursor.fetchall()
        self.assertIsInstance(row[0], int)
        return row[0]

    def test_it_counts_what_a_worker_could_do_now(self):
        model = ImageModel.objects.filter(slug="flux-schnell")
        model.update(max_in_flight=1)
        self.assertEqual(self.waiting(), 0)
        for _ in range(5):
            self.place()
        self.assertEqual(self.waiting(), 1, "there is room for one of the five")
        driver.submit("flux-schnell")
        self.assertEqual(self.waiting(), 0, "it is out and not due")
        model.update(max_in_flight=2)
        self.assertEqual(self.waiting(), 1, "one more fits")
        driver.submit("flux-schnell")
        self.assertEqual(self.waiting(), 0, "no worker makes room")
        make_due()
        self.assertEqual(self.waiting(), 2, "two want to be looked at")
        storing = Job.objects.at_runpod().first()
        Job.objects.filter(id=storing.id).update(status=Status.STORING)
        self.assertEqual(self.waiting(), 3, "one to store, one to look at, and room for one")

    def test_it_counts_no_queue_that_stands_still(self):
        self.place()
        self.assertEqual(self.waiting(), 1)
        ImageModel.objects.update(submit_after=timezone.now() + timedelta(minutes=1))
        self.assertEqual(self.waiting(), 0)
        ImageModel.objects.update(submit_after=None)
        GenerationSwitch.objects.create(on=False)
        self.assertEqual(self.waiting(), 0)

    def test_it_counts_no_model_that_runpod_refuses(self):
        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=1)
        for slug in ("flux-schnell", "flux-schnell", "flux-dev"):
            self.place(model=slug)
        driver.submit("flux-schnell")
        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=2)
        make_due()
        self.assertEqual(
            self.waiting(), 3, "one to look at, one more that fits, one of another model"
        )
        missing = EndpointMissing("404", status=404)
        outages.note(ImageModel.objects.get(slug="flux-schnell").endpoint_id, missing)
        self.assertEqual(self.waiting(), 1, "the other model's")
        outages.note(
            ImageModel.objects.get(slug="flux-dev").endpoint_id, KeyRefused("401", status=401)
        )
        self.assertEqual(self.waiting(), 0)
