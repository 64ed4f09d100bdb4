"""`/api/v1/sheets/`: quote, create, get, cancel, delete."""

from typing import Any

from generation.models import Job, Sheet, Status
from generation.testing.rows.api import ApiTestCase

SHEETS = "/api/v1/sheets/"
ASKED = {"prompt": "A {red|blue} kite", "models": ["flux-schnell", "flux-dev"]}


class TestSheets(ApiTestCase):
    def place(self, **asked: Any) -> dict[str, Any]:
        response = self.api.post(SHEETS, {**ASKED, **asked})
        assert response.status_code == 201, response.content
        assert response["Location"] == f"{SHEETS}{response.json()['id']}/"
        return response.json()

    def test_it_quotes_without_placing(self) -> None:
        body = self.api.post(f"{SHEETS}quotes/", ASKED).json()
        assert body["count"] == 4
        assert body["columns"] == [
            [{"parameter": "model", "value": "flux-schnell"}],
            [{"parameter": "model", "value": "flux-dev"}],
        ]
        assert body["rows"] == [
            [{"parameter": "prompt", "value": "red"}],
            [{"parameter": "prompt", "value": "blue"}],
        ]
        assert body["credits"] > 0
        assert body["obstacle"] == ""
        assert not Job.objects.exists()

    def test_it_places_and_shows_all_cells(self) -> None:
        body = self.place()
        assert body == self.api.get(f"{SHEETS}{body['id']}/").json() | {"jobs": body["jobs"]}
        assert [len(row) for row in body["cells"]] == [2, 2]
        jobs = {job["id"]: job for job in body["jobs"]}
        assert [[jobs[one]["prompt"] for one in row] for row in body["cells"]] == [
            ["A red kite"] * 2,
            ["A blue kite"] * 2,
        ]
        assert {job["batch"] for job in body["jobs"]} == {body["id"]}
        (listed,) = self.api.get(SHEETS).json()["results"]
        assert listed == {name: body[name] for name in body if name != "jobs"}

    def test_it_places_once_with_a_key(self) -> None:
        header = {"Idempotency-Key": "k1"}
        first = self.api.post(SHEETS, ASKED, **header)
        again = self.api.post(SHEETS, ASKED, **header)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["id"] == first.json()["id"]
        other = self.api.post(SHEETS, {**ASKED, "seed": 5}, **header)
        self.assert_problem(other, 422, "idempotency_key_reused")
        assert Job.objects.count() == 4

    def test_it_has_no_answer_for_a_key_whose_sheet_was_deleted_for_good(self) -> None:
        header = {"Idempotency-Key": "k1"}
        self.api.post(SHEETS, ASKED, **header)
        Sheet.objects.all().delete()
        self.assert_problem(self.api.post(SHEETS, ASKED, **header), 409, "idempotency_key_busy")
        assert Job.objects.count() == 4

    def test_it_names_the_cell_that_is_wrong_and_places_nothing(self) -> None:
        body = {**ASKED, "rows": {"parameter": "steps", "values": [4, 999]}}
        problem = self.assert_problem(self.api.post(SHEETS, body), 400, "invalid")
        assert {error["field"] for error in problem["errors"]} == {"rows.values"}
        assert problem["errors"][0]["detail"].startswith("FLUX.1 schnell · red · Steps 999: ")
        assert not Job.objects.exists()

    def test_it_cancels_the_rest(self) -> None:
        body = self.place()
        Job.objects.filter(id=body["cells"][0][0]).update(status=Status.STORING)
        done = self.api.post(f"{SHEETS}{body['id']}/cancel/").json()
        assert (done["canceled"], done["obstacle"]) == (3, "")
        assert done["credits"] == sum(
            job["credits"] for job in body["jobs"] if job["id"] != body["cells"][0][0]
        )
