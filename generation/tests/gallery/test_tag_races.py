"""Several tabs that tag the same images at once, on PostgreSQL."""

from typing import Any

from django.core.cache import cache
from django.test import TransactionTestCase

from generation.gallery import tagging, tags
from generation.gallery.tagging import TooManyOwnTags
from generation.gallery.tags import TooManyTags
from generation.models import Image, ImageTag, Tag, tag_names
from generation.testing.cases import load_catalog, make_user
from generation.testing.rows.api import make_image
from generation.testing.threads import in_threads

THREADS = 8


class TestManyTabs(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        self.alice = make_user("alice@example.org")
        self.image = make_image(self.alice)

    def stored(self) -> list[str]:
        image = Image.objects.get(id=self.image.id)
        rows = ImageTag.objects.filter(image=image).values_list("tag__name", flat=True)
        assert sorted(tag_names(image)) == sorted(rows)
        return sorted(tag_names(image))

    def add(self, *names: str) -> str:
        try:
            tagging.add(Image.objects.get(id=self.image.id), names=names)
        except (TooManyTags, TooManyOwnTags) as refused:
            return type(refused).__name__
        return "added"

    def test_it_keeps_the_tags_of_all(self) -> None:
        in_threads(THREADS, lambda number: self.add(f"tag {number}"))
        assert self.stored() == [f"tag {number}" for number in range(THREADS)]

    def test_two_spellings_at_once_are_one_tag(self) -> None:
        spellings = ["Tea", "tea", "TEA", "tEa"]
        images = [make_image(self.alice) for _ in spellings]

        def add(number: int) -> Any:
            return tagging.add(images[number], names=[spellings[number]])[1][0]

        assert len({*in_threads(len(spellings), add)}) == 1
        assert Tag.objects.count() == 1
        assert ImageTag.objects.count() == len(spellings)

    def test_it_keeps_the_limit_of_an_image(self) -> None:
        self.add(*(str(number) for number in range(tags.MAX_PER_IMAGE - 3)))
        outcomes = in_threads(THREADS, lambda number: self.add(f"tag {number}"))
        assert sorted(outcomes) == ["TooManyTags"] * (THREADS - 3) + ["added"] * 3
        assert len(self.stored()) == tags.MAX_PER_IMAGE

    def test_it_keeps_the_limit_of_a_user(self) -> None:
        Tag.objects.bulk_create(
            Tag(user=self.alice, name=str(number), folded_name=str(number))
            for number in range(tagging.MAX_TAGS - 3)
        )
        outcomes = in_threads(THREADS, lambda number: self.add(f"tag {number}"))
        assert sorted(outcomes) == ["TooManyOwnTags"] * (THREADS - 3) + ["added"] * 3
        assert Tag.objects.count() == tagging.MAX_TAGS

    def test_a_tag_may_be_removed_while_others_add_it(self) -> None:
        images = [make_image(self.alice) for _ in range(THREADS)]

        def change(number: int) -> None:
            for _ in range(4):
                tagging.add(images[number], names=["tea"])
                tagging.remove(images[number], names=["tea"])
                tagging.forget_unused()

        in_threads(THREADS, change)
        assert not ImageTag.objects.exists()
        assert not Tag.objects.exists()
