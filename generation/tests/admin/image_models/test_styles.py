from generation.models import Style
from generation.testing.cases import EmulatorTestCase


class TestStyle(EmulatorTestCase):
    def test_it_refuses_a_style_without_a_prompt(self) -> None:
        self.client.force_login(self.staff)
        data = {
            "slug": "fog",
            "name_en": "Fog",
            "name_ru": "Туман",
            "template": "fog",
            "position": "1",
            "enabled": "on",
        }
        response = self.client.post("/admin/generation/style/add/", data)
        self.assertContains(response, "{prompt} is missing.")
        self.client.post("/admin/generation/style/add/", {**data, "template": "{prompt}, fog"})
        assert Style.objects.filter(slug="fog").exists()
        self.assertContains(self.client.get("/admin/generation/style/"), "Fog")
