from generation.models import GenerationSwitch
from generation.testing.cases import BaseTestCase


class TestSwitch(BaseTestCase):
    def test_it_has_one_switch(self) -> None:
        self.client.force_login(self.staff)
        page = "/admin/generation/generationswitch/1/change/"
        self.assertRedirects(self.client.get("/admin/generation/generationswitch/"), page)
        self.client.post(page, {"mode": "off", "message": "back at noon"})
        switch = GenerationSwitch.objects.get()
        assert (switch.on, switch.message) == (False, "back at noon")
        assert self.client.get("/admin/generation/generationswitch/add/").status_code == 403
