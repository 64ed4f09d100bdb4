"""No key, and so no address that a stranger sees, has the id of a user."""

from django.test import Client
from django.urls import reverse

from generation.files import storage, uploads
from generation.gallery.sharing import share_links
from generation.jobs.engine import driver
from generation.models import Image
from generation.testing.cases import EmulatorTestCase, catch_up


class TestKeys(EmulatorTestCase):
    def draw(self) -> Image:
        job = self.place(width=1024, height=1024)
        driver.submit("flux-schnell")
        self.emulator.advance(30)
        catch_up()
        return Image.objects.get(job=job)

    def test_none_has_the_id_of_a_user(self) -> None:
        image = self.draw()
        upload = uploads.keep(user=self.alice, data=storage.read(image.key))
        keys = [*image.keys, upload.key]
        assert len(keys) == 4
        for key in keys:
            assert str(self.alice.pk) not in key

    def test_no_address_that_a_stranger_sees_has_it(self) -> None:
        image = self.draw()
        shared = share_links.share_by_link(image, until=None, with_parameters=True, with_name=False)
        page = Client().get(reverse("shared", args=[shared.link_slug]))
        file = Client().get(reverse("shared_image", args=[shared.link_slug]))
        assert str(image.job_id) in file["Location"], "the control: the key is in the address"
        assert str(self.alice.pk) not in page.content.decode() + file["Location"]
