"""What other programs get when the images are not ready in time: the job goes on."""

from typing import Any

from django.test import RequestFactory
from django.urls import resolve

from generation.api.waiting import EndOfJobs
from generation.jobs.placing import orders
from generation.models import Job
from generation.testing.rows.api import FLUX, ApiTestCase


class TestEndOfWait(ApiTestCase):
    def reply(self, address: str, *, token: str) -> Any:
        """Call the view as the ASGI process does after a wait in vain."""
        job = orders.place(user=self.alice, request=FLUX).jobs[0]
        request = RequestFactory().post(address, headers={"Authorization": f"Bearer {token}"})
        request.scope = {"artgen.waited": EndOfJobs((job.id,), has_ended=False)}
        match = resolve(address)
        return match.func(request, **match.kwargs).render()

    def test_it_names_the_job_and_is_not_repeated(self) -> None:
        response = self.reply("/v1/images/generations", token=self.alice_token)
        assert (response.status_code, response["X-Should-Retry"]) == (504, "false")
        assert response.data["error"]["code"] == "still_running"
        assert f"/api/v1/jobs/{Job.objects.get().id}/" in response.data["error"]["message"]
        response = self.reply("/sdapi/v1/txt2img", token=self.alice_token)
        assert (response.status_code, response.data["code"]) == (504, "still_running")

    def test_it_shows_nothing_of_it_to_others(self) -> None:
        response = self.reply("/v1/images/generations", token="ag_wrong")
        assert response.status_code == 401
        response = self.reply("/v1/images/generations", token=self.bob_token)
        assert str(Job.objects.first().id) not in response.content.decode()
