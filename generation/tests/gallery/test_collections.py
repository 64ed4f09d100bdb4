"""`generation.gallery.collections`: made, named, filled, emptied, deleted and taken back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from generation.gallery import collections
from generation.models import Collection, CollectionImage, Image
from generation.owned_rows import named_rows
from generation.testing.rows.api import ApiTestCase, make_image


class TestCreate(ApiTestCase):
    def test_it_makes_an_empty_collection(self) -> None:
        made = collections.create(user=self.alice, name="  Чайные \t холмы ")
        assert (made.name, made.user, made.images.count()) == ("Чайные холмы", self.alice, 0)
        assert Collection.objects.get() == made


class TestDelete(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.made = collections.create(user=self.alice, name="Hills")
        self.image = make_image(self.alice)
        collections.add(self.made, image_ids=[self.image.id])

    def test_it_leaves_the_pictures_alone_and_can_be_undone(self) -> None:
        named_rows.delete(self.made)
        assert not Collection.objects.present().exists()
        assert Image.objects.kept().get() == self.image
        named_rows.restore(Collection.objects.get())
        assert list(Collection.objects.present().get().images.all()) == [self.image]


class TestAdd(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.made = collections.create(user=self.alice, name="Hills")

    def test_it_puts_pictures_in_once(self) -> None:
        first, second, gone = make_image(self.alice), make_image(self.alice), make_image(self.alice)
        Image.objects.filter(id=gone.id).update(trashed_at=timezone.now())
        assert collections.add(self.made, image_ids=[first.id, first.id]) == 1
        assert collections.add(self.made, image_ids=[first.id, second.id, gone.id]) == 2
        assert collections.add(self.made, image_ids=[]) == 0
        assert set(self.made.images.all()) == {first, second, gone}
        assert list(first.collections.all()) == [self.made]

    def test_it_takes_all_or_nothing_and_only_own_pictures_that_are_there(self) -> None:
        mine, bobs = make_image(self.alice), make_image(self.bob)
        ended = make_image(
            self.alice, trashed_at=timezone.now() - timedelta(days=settings.TRASH_DAYS, seconds=1)
        )
        for foreign in (bobs.id, ended.id, uuid4()):
            with pytest.raises(collections.NoSuchImages) as refused:
                collections.add(self.made, image_ids=[mine.id, foreign])
            assert refused.value.ids == [foreign]
        assert not CollectionImage.objects.exists()

    def test_it_loses_a_picture_only_with_the_picture(self) -> None:
        image = make_image(self.alice)
        collections.add(self.made, image_ids=[image.id])
        image.delete()
        assert not CollectionImage.objects.exists()
        assert Collection.objects.get() == self.made


class TestRemove(ApiTestCase):
    def test_it_takes_pictures_out_and_passes_over_the_rest(self) -> None:
        made, other = (collections.create(user=self.alice, name=name) for name in ("Hills", "Sea"))
        first, second, bobs = make_image(self.alice), make_image(self.alice), make_image(self.bob)
        for collection in (made, other):
            collections.add(collection, image_ids=[first.id, second.id])
        assert collections.remove(made, image_ids=[first.id, bobs.id, uuid4()]) == 1
        assert collections.remove(made, image_ids=[first.id]) == 0
        assert list(made.images.all()) == [second]
        assert other.images.count() == 2
        assert Image.objects.kept().count() == 3
