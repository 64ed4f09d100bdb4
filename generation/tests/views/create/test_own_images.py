"""GET /create/pictures/: one's own pictures to choose a source from."""

from django.urls import reverse
from django.utils import timezone

from generation.testing.rows.gallery import GalleryTestCase as Base


class TestOwnPictures(Base):
    def setUp(self):
        super().setUp()
        self.url = reverse("own_images")

    def picked(self, **query):
        tiles = self.client.get(self.url, query).context["tiles"]
        return [tile.image.id for tile in tiles]

    def test_it_shows_own_kept_pictures_newest_first(self):
        first, second = self.hang(), self.hang()
        self.hang(trashed_at=timezone.now())
        self.hang(user=self.bob)
        assert self.picked() == [second.id, first.id]

    def test_it_finds_by_the_words_of_the_prompt(self):
        kite = self.hang("a red kite")
        self.hang("a boat")
        assert self.picked(q="kite") == [kite.id]
        self.assertContains(
            self.client.get(self.url, {"q": "zebra"}), "None of your prompts contain these words."
        )
