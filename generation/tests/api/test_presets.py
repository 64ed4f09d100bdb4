"""`/api/v1/presets/` and `/api/v1/own-styles/`: create, use in a job, change, delete, refuse."""

from typing import Any

from generation.models import Job, OwnStyle, Preset
from generation.testing.rows.api import ApiTestCase

PRESETS, STYLES, JOBS = "/api/v1/presets/", "/api/v1/own-styles/", "/api/v1/jobs/"
PARAMETERS = {"model": "flux-dev", "width": 1344, "height": 768, "steps": 30, "style": "oil"}
CONTROL = "control_characters"
PRINT = {"name": "Print", "template": "{prompt}, print", "negative": "photo"}


class KeptTestCase(ApiTestCase):
    def save(self, **fields: Any) -> dict[str, Any]:
        response = self.api.post(PRESETS, {"name": "Evening", "parameters": PARAMETERS} | fields)
        assert response.status_code == 201, response.content
        return response.json()

    def refused(self, **fields: Any) -> list[tuple[str, str]]:
        response = self.api.post(PRESETS, {"name": "Evening", "parameters": PARAMETERS} | fields)
        assert response.status_code == 400, response.content
        assert not Preset.objects.exists()
        return [(one["field"], one["code"]) for one in response.json()["errors"]]


class TestPresets(KeptTestCase):
    def test_its_parameters_with_a_prompt_are_a_job(self) -> None:
        made = self.save(count=2)
        assert made["parameters"] == PARAMETERS
        assert made["count"] == 2
        assert self.api.get(PRESETS).json() == [made]
        assert self.api.get(f"{PRESETS}{made['id']}/").json() == made
        job = self.api.post(JOBS, made["parameters"] | {"prompt": "a kite"})
        assert job.status_code == 201, job.content
        assert {name: job.json()[name] for name in PARAMETERS} == PARAMETERS
        batch = made["parameters"] | {"prompt": "a kite", "count": made["count"]}
        assert len(self.api.post("/api/v1/batches/", batch).json()["jobs"]) == 2

    def test_the_create_page_applies_it(self) -> None:
        made = self.save(count=2)
        self.client.force_login(self.alice)
        page = self.client.get("/create/", {"preset": made["id"]})
        form = page.context["composer"]
        assert (form.model.slug, form.size, form.style) == ("flux-dev", (1344, 768), "oil")
        assert (form.texts["steps"], form.count) == ("30", 2)

    def test_it_changes_name_parameters_and_count_apart(self) -> None:
        made = self.save()
        path = f"{PRESETS}{made['id']}/"
        assert self.api.patch(path, {"name": "Night"}).json() == made | {"name": "Night"}
        assert self.api.patch(path, {"count": 4}).json()["parameters"] == PARAMETERS
        new = {"model": "flux-dev", "steps": 9}
        changed = self.api.patch(path, {"parameters": new}).json()
        assert (changed["name"], changed["parameters"], changed["count"]) == ("Night", new, 4)
        assert self.api.patch(path, {}).json() == changed
        kept = self.api.patch(path, {"name": "Noon", "parameters": {"model": "flux-dev", "x": 1}})
        assert kept.status_code == 400
        assert self.api.get(path).json() == changed
        assert self.api.delete(path).status_code == 204
        assert self.api.get(path).status_code == 404
        assert self.api.get(PRESETS).json() == []

    def test_it_says_which_value_is_wrong(self) -> None:
        for parameters, expected in (
            (PARAMETERS | {"steps": 0}, ("parameters.steps", "min_value")),
            (PARAMETERS | {"steps": "30"}, ("parameters.steps", "invalid")),
            (PARAMETERS | {"prompt": "a kite"}, ("parameters.prompt", "unknown_field")),
            (PARAMETERS | {"source_images": []}, ("parameters.source_images", "unknown_field")),
            (PARAMETERS | {"x" * 99: 1}, (f"parameters.{'x' * 89}", "unknown_field")),
            (PARAMETERS | {"style": "own-none"}, ("parameters.style", "does_not_exist")),
            (PARAMETERS | {"style": {}}, ("parameters.style", "invalid")),
            (PARAMETERS | {"negative_prompt": "a\0"}, ("parameters.negative_prompt", CONTROL)),
            (PARAMETERS | {"model": "none"}, ("parameters.model", "does_not_exist")),
            ({"model": ["flux-dev"]}, ("parameters.model", "does_not_exist")),
            ({"model": "flux-dev", "lora_scale": 1}, ("parameters.lora_scale", "not_supported")),
            ({}, ("parameters.model", "required")),
            ([], ("parameters", "invalid")),
            (None, ("parameters", "invalid")),
        ):
            assert self.refused(parameters=parameters) == [expected], parameters
        assert self.refused(count=11) == [("count", "max_value")]
        assert self.refused(name=" ") == [("name", "blank")]
        assert self.refused(link="x") == [("link", "unknown_field")]

    def test_it_does_not_take_the_style_of_another_user(self) -> None:
        style = self.others.post(STYLES, PRINT).json()
        slug = style["slug"]
        expected = [("parameters.style", "does_not_exist")]
        assert self.refused(parameters=PARAMETERS | {"style": slug}) == expected


class TestOwnStyles(KeptTestCase):
    def test_a_job_and_a_preset_use_it(self) -> None:
        style = self.api.post(STYLES, PRINT).json()
        listed = self.api.get("/api/v1/styles/").json()[-1]
        assert listed == {"slug": style["slug"], "name": "Print", "is_own": True}
        made = self.save(parameters=PARAMETERS | {"style": style["slug"]})
        job = self.api.post(JOBS, made["parameters"] | {"prompt": "a kite"}).json()
        assert Job.objects.get(id=job["id"]).style == style["slug"]
        assert self.api.get(STYLES).json() == [style]

    def test_it_changes_one_field_and_is_deleted(self) -> None:
        style = self.api.post(STYLES, {"name": "Print", "template": "{prompt}, print"}).json()
        assert style["negative"] == ""
        path = f"{STYLES}{style['id']}/"
        assert self.api.patch(path, {"negative": "photo"}).json() == style | {"negative": "photo"}
        wrong = self.api.patch(path, {"template": "print"})
        assert [one["code"] for one in wrong.json()["errors"]] == ["no_placeholder"]
        assert OwnStyle.objects.get().template == "{prompt}, print"
        assert self.api.delete(path).status_code == 204
        assert self.api.delete(path).status_code == 404
        assert self.api.get(STYLES).json() == []
