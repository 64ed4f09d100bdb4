"""Further endpoints of a model, as staff add, order and stop them."""

import json
import re
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from generation.jobs.engine import driver, outages
from generation.models import Endpoint, ImageModel, ProviderOutage, Status
from generation.testing.cases import EmulatorTestCase, run_messages

ADD = "/admin/generation/endpoint/add/"
SECOND = "black-forest-labs-flux-1-dev"


class TestEndpointAdmin(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)
        self.model = ImageModel.objects.get(slug="flux-schnell")
        self.page = reverse("admin:generation_imagemodel_change", args=[self.model.pk])

    def typed(self, **changes: Any) -> dict[str, Any]:
        values = {
            "model": self.model.pk,
            "enabled": "on",
            "provider": "runpod",
            "endpoint_id": SECOND,
            "preference": 1,
            "max_in_flight": 2,
        }
        return {name: value for name, value in (values | changes).items() if value is not None}

    def add(self, **changes: Any) -> dict[str, list[str]]:
        """Send the form; return its errors."""
        response = self.client.post(ADD, self.typed(**changes))
        return dict(response.context["adminform"].form.errors) if response.context else {}

    def test_it_adds_an_endpoint_which_takes_what_waits(self) -> None:
        Endpoint.objects.filter(model=self.model).update(max_in_flight=1)
        for _ in range(2):
            self.place()
        form = self.client.get(f"{ADD}?model={self.model.pk}").context["adminform"].form
        assert (form["model"].value(), form["preference"].value()) == (str(self.model.pk), 1)

        assert self.add() == {}

        driver.submit("flux-schnell")
        endpoint = Endpoint.objects.get(endpoint_id=SECOND, model=self.model)
        assert endpoint.jobs.get().status == Status.SUBMITTED
        page = self.client.get(self.page)
        self.assertContains(page, f"RunPod {SECOND}")
        self.assertContains(page, "1 / 2")
        self.assertContains(page, "cheapest_first")

    def test_it_tries_an_endpoint_before_it_counts_as_running(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            self.add(endpoint_id="missing-typo")
        self.assertContains(self.client.get(self.page), "<td>The endpoint does not exist</td>")
        Endpoint.objects.filter(endpoint_id="missing-typo").update(endpoint_id=SECOND)
        ProviderOutage.objects.update(probe_at=timezone.now())
        outages.probe_due()
        assert not ProviderOutage.objects.exists()

    @override_settings(WAVESPEED_API_KEY="")
    def test_it_names_all_providers_and_what_they_need(self) -> None:
        self.assertContains(self.client.get(ADD), "WaveSpeed — needs WAVESPEED_API_KEY")
        assert self.add(provider="wavespeed") == {"provider": ["needs WAVESPEED_API_KEY"]}

    def test_it_shows_how_each_did(self) -> None:
        self.add(expected_cost='{"per_image": 0.003}')
        self.finish(self.place())
        self.emulator.faults.next("job", "fail_traceback", times=3)
        self.finish(self.place())
        Endpoint.objects.filter(pk=self.model.endpoint.pk).update(enabled=False)
        self.finish(self.place())
        page = self.client.get(self.page).text.replace("\N{NO-BREAK SPACE}", " ")
        rows = page.partition("images in 7 days")[2].split("<tr>")[1:3]
        first, second = (re.findall(r"<td>(.*?)</td>", row) for row in rows)
        assert first[2:4] == ["1", "50 %"]
        assert second[2:4] + second[7:8] == ["1", "100 %", "$0.0030"]

    def test_it_stops_the_first_one(self) -> None:
        self.add()
        first = self.model.endpoint
        address = reverse("admin:generation_endpoint_change", args=[first.pk])
        response = self.client.post(
            address, self.typed(model=None, enabled=None, endpoint_id=first.endpoint_id)
        )
        assert response["Location"] == self.page
        first.refresh_from_db()
        assert not first.enabled
        self.assertContains(self.client.get(self.page), "<td>off</td>")
        assert self.finish(self.place()).endpoint is not None

    def test_what_costs_too_much_starts_at_once_when_a_cheaper_one_is_enabled(self) -> None:
        self.add(expected_cost='{"per_image": 0.00001}', enabled=None)
        ImageModel.objects.update(max_usd="0.00002")
        job = self.place()
        driver.submit("flux-schnell")
        cheap = Endpoint.objects.get(endpoint_id=SECOND, model=self.model)
        address = reverse("admin:generation_endpoint_change", args=[cheap.pk])
        values = self.typed(model=None, expected_cost='{"per_image": 0.00001}')
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post(address, values)
        run_messages()
        job.refresh_from_db()
        assert (job.status, job.endpoint) == (Status.SUBMITTED, cheap)

    def test_it_refuses_what_could_not_work(self) -> None:
        for changes, field, words in (
            ({"endpoint_id": "black-forest-labs-flux-1-schnell"}, "endpoint_id", "already"),
            ({"endpoint_id": ""}, "endpoint_id", "required"),
            ({"max_in_flight": 0}, "max_in_flight", "1"),
            ({"expected_cost": "0.02"}, "expected_cost", "not an object"),
            ({"request_format": '{"prompt": "text"}'}, "dialect", "Choose the dialect"),
            ({"dialect": "public"}, "request_format", "names of the parameters"),
            ({"dialect": "comfyui"}, "workflow", "needs a workflow"),
            ({"dialect": "sdxl_turbo"}, "dialect", "not supported"),
            ({"model": 0}, "model", "valid choice"),
        ):
            with self.subTest(changes):
                assert words in str(self.add(**changes)[field])
        assert Endpoint.objects.filter(model=self.model).count() == 1

    def test_who_may_change_models_may_change_their_endpoints_and_nobody_else(self) -> None:
        helper = self.make_user("helper@example.org", is_staff=True)
        self.client.force_login(helper)
        assert self.client.get(ADD).status_code == 403
        for right in ("view_imagemodel", "change_endpoint", "add_endpoint"):
            helper.user_permissions.add(Permission.objects.get(codename=right))
        assert self.client.post(ADD, self.typed()).status_code == 403
        first = reverse("admin:generation_endpoint_change", args=[self.model.endpoint.pk])
        self.assertNotContains(self.client.get(first), "_save")
        assert self.client.post(first, self.typed()).status_code == 403
        helper.user_permissions.add(Permission.objects.get(codename="change_imagemodel"))
        assert self.client.post(ADD, self.typed()).status_code == 302
        address = reverse("admin:generation_endpoint_delete", args=[self.model.endpoint.pk])
        assert self.client.post(address).status_code == 403

    def test_it_keeps_a_key_for_an_address_and_never_shows_it(self) -> None:
        own = {"provider": "comfyui", "endpoint_id": "http://127.0.0.1:1", "dialect": "comfyui"}
        inputs = {"seed": "{{seed}}", "text": "{{prompt}}"}
        own["workflow"] = json.dumps({"1": {"class_type": "SaveImage", "inputs": inputs}})
        assert self.add(**own, api_key="of-the-proxy", key_header="X-Key") == {}
        endpoint = Endpoint.objects.get(provider="comfyui")
        address = reverse("admin:generation_endpoint_change", args=[endpoint.pk])
        assert endpoint.key == "of-the-proxy"
        assert "of-the-proxy" not in endpoint.key_encrypted
        assert "of-the-proxy" not in self.client.get(address).text
        assert "of-the-proxy" not in " ".join(
            LogEntry.objects.values_list("change_message", flat=True)
        )
        for changes, key in (
            ({"preference": 2}, "of-the-proxy"),  # empty: unchanged
            ({"endpoint_id": "http://127.0.0.1:2"}, ""),  # never sent to another address
            ({"api_key": "other"}, "other"),
            ({"api_key": "-"}, ""),
        ):
            typed = self.typed(**own | {"model": None, "key_header": "X-Key"} | changes)
            assert self.client.post(address, typed).status_code == 302
            endpoint.refresh_from_db()
            assert endpoint.key == key

    def test_it_refuses_keys_and_addresses_that_could_not_work(self) -> None:
        server = {"provider": "image_server", "dialect": "public"}
        for changes, field in (
            ({"api_key": "secret"}, "api_key"),  # of no address
            ({"api_key": "line\nbreak", "endpoint_id": "http://10.0.0.5:1"}, "api_key"),
            ({"key_header": "X Key:"}, "key_header"),
            (server | {"endpoint_id": "http://10.0.0.5:8020/v1"}, "endpoint_id"),
            (server | {"endpoint_id": "http://a:b@10.0.0.5/v1#sd"}, "endpoint_id"),
            (server | {"endpoint_id": "http:///v1#sd"}, "endpoint_id"),
            ({"provider": "comfyui", "endpoint_id": "http://10.0.0.5:8188/#sd"}, "endpoint_id"),
        ):
            with self.subTest(changes):
                assert field in self.add(**changes)
