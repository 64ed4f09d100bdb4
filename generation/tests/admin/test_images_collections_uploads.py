from generation.jobs.engine import driver
from generation.models import Image
from generation.testing.cases import EmulatorTestCase, catch_up
from generation.testing.clock import held_clock


class TestPictureAdmin(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)
        self.place()
        driver.submit("flux-schnell")
        self.emulator.advance(10)
        catch_up()
        self.image = Image.objects.get()

    @held_clock()
    def test_it_shows_pictures_to_read(self) -> None:
        self.client.get("/admin/generation/image/")  # loads the session into the cache
        with self.assertNumQueries(2):  # no count of all images
            response = self.client.get("/admin/generation/image/")
        self.assertContains(response, self.image.thumbnail_key)
        page = f"/admin/generation/image/{self.image.id}/change/"
        self.assertContains(self.client.get(page), self.image.sha256)
        assert self.client.post(page, {"visibility": "public"}).status_code == 403
        assert (
            self.client.post(f"/admin/generation/image/{self.image.id}/delete/").status_code == 403
        )
        self.image.refresh_from_db()
        assert self.image.visibility == "private"
