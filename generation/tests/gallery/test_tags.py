"""`generation.gallery.tags` and `generation.gallery.notes`."""

import unicodedata

import pytest
from django.utils import timezone

from generation.gallery import image_filters, notes, tagging, tags, trash
from generation.gallery.image_filters import ImageFilters
from generation.gallery.tagging import Tagged
from generation.gallery.tags import OwnTag
from generation.models import Image, ImageTag, Tag, tag_names
from generation.testing.rows.api import ApiTestCase, make_image


class TagsTestCase(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.image = make_image(self.alice)

    def names(self, image: Image | None = None) -> list[str]:
        """Return the stored tags of an image, and check that both copies are equal."""
        image = Image.objects.get(id=(image or self.image).id)
        rows = ImageTag.objects.filter(image=image).values_list("tag__name", flat=True)
        assert sorted(tag_names(image)) == sorted(rows)
        return tag_names(image)


class TestTag(TagsTestCase):
    def test_it_is_stored_with_composed_letters_and_single_spaces(self) -> None:
        decomposed = unicodedata.normalize("NFD", "Ёлка")
        tagging.replace(self.image, names=[f"  {decomposed} \t у   моря ", "# print"])
        assert self.names() == ["Ёлка у моря", "print"]

    def test_it_is_one_in_any_case_and_keeps_its_first_spelling(self) -> None:
        other = make_image(self.alice)
        tagging.add(self.image, names=["NASA", "nasa", "Straße"])
        tagging.add(other, names=["nasa", "STRASSE"])
        assert self.names() == self.names(other) == ["NASA", "Straße"]
        assert Tag.objects.of(self.alice).count() == 2

    def test_it_takes_the_longest_name_that_folds_to_more_letters(self) -> None:
        tagging.add(self.image, names=["ΐ" * 40])
        assert self.names() == ["ΐ" * 40]

    def test_it_belongs_to_one_user(self) -> None:
        tagging.add(self.image, names=["Print"])
        theirs = make_image(self.bob)
        tagging.add(theirs, names=["print"])
        assert (self.names(), self.names(theirs)) == (["Print"], ["print"])
        assert tags.own(self.bob) == [OwnTag("print", 1, is_more=False)]

    def test_it_is_gone_with_the_last_image_that_has_it(self) -> None:
        tagging.replace(self.image, names=["print", "tea"])
        tagging.remove(self.image, names=["PRINT"])
        assert list(Tag.objects.values_list("name", flat=True)) == ["tea"]
        tagging.replace(self.image, names=[])
        assert not Tag.objects.exists()

    def test_it_is_forgotten_after_its_image_is_purged(self) -> None:
        kept = make_image(self.alice)
        tagging.add(self.image, names=["gone", "stays"])
        tagging.add(kept, names=["stays"])
        trash.move_to_trash(self.image)
        trash.empty(self.alice)
        trash.purge(trashed_before=timezone.now())
        assert tagging.forget_unused() == 1
        assert list(Tag.objects.values_list("name", flat=True)) == ["stays"]


class TestTagsOfImage(TagsTestCase):
    def test_it_says_what_was_added_and_removed(self) -> None:
        assert tagging.add(self.image, names=["tea", "Print"])[1] == ["tea", "Print"]
        assert tagging.add(self.image, names=["PRINT", "hills"])[1] == ["hills"]
        assert tagging.remove(self.image, names=["print", "unknown"])[1] == ["Print"]
        assert self.image.tags == "tea\nhills"
        assert self.names() == ["tea", "hills"]

    def test_it_has_up_to_20(self) -> None:
        names = [str(number) for number in range(tags.MAX_PER_IMAGE)]
        tagging.add(self.image, names=names)
        tagging.add(self.image, names=["7"])
        for change in (tagging.add, tagging.replace):
            with pytest.raises(tags.TooManyTags):
                change(self.image, names=[*names, "one more"])
        assert self.names() == names

    def test_a_user_has_up_to_500(self) -> None:
        Tag.objects.bulk_create(
            Tag(user=self.alice, name=str(number), folded_name=str(number))
            for number in range(tagging.MAX_TAGS - 1)
        )
        tagging.add(self.image, names=["the last"])
        with pytest.raises(tagging.TooManyOwnTags):
            tagging.add(self.image, names=["7", "one more"])
        tagging.add(self.image, names=["7"])
        assert self.names() == ["the last", "7"]


class TestTagsOfMany(TagsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.images = [self.image, make_image(self.alice), make_image(self.alice)]
        self.ids = [image.id for image in self.images]

    def test_it_adds_and_removes_one_tag_and_says_where(self) -> None:
        tagging.add(self.images[1], names=["Print"])
        others = make_image(self.bob)
        added = tagging.add_these(user=self.alice, ids=[*self.ids, others.id], name="#print")
        assert added == Tagged("Print", [self.ids[0], self.ids[2]])
        assert [self.names(image) for image in self.images] == [["Print"]] * 3
        removed = tagging.remove_these(user=self.alice, ids=added.changed, name="PRINT")
        assert removed == Tagged("Print", added.changed)
        assert [self.names(image) for image in self.images] == [[], ["Print"], []]
        assert self.names(others) == []

    def test_it_leaves_out_images_without_room_and_those_in_the_trash(self) -> None:
        tagging.add(self.images[0], names=[str(number) for number in range(tags.MAX_PER_IMAGE)])
        trash.move_to_trash(self.images[1])
        added = tagging.add_these(user=self.alice, ids=self.ids, name="print")
        assert added == Tagged("print", [self.ids[2]], full=1)


class TestOwnTags(TagsTestCase):
    def test_it_lists_names_and_counts_outside_the_trash(self) -> None:
        second, trashed = make_image(self.alice), make_image(self.alice)
        tagging.add(self.image, names=["tea", "Ёлка", "print"])
        tagging.add(second, names=["print"])
        tagging.add(trashed, names=["print", "gone"])
        trash.move_to_trash(trashed)
        found = tags.own(self.alice)
        assert [(tag.name, tag.count) for tag in found] == [("print", 2), ("tea", 1), ("Ёлка", 1)]
        assert tags.own(self.bob) == []


class TestFilter(TagsTestCase):
    def found(self, **wanted: object) -> set[Image]:
        own = Image.objects.of(self.alice).kept()
        return set(image_filters.find(own, ImageFilters(**wanted), user=self.alice).images)  # type: ignore[arg-type]

    def test_it_finds_images_with_all_of_several_tags(self) -> None:
        both, more, one = self.image, make_image(self.alice), make_image(self.alice)
        tagging.add(both, names=["tea", "print"])
        tagging.add(more, names=["print", "hills", "tea"])
        tagging.add(one, names=["tea", "wall"])
        assert self.found(tags=("Tea", "print")) == {both, more}
        assert self.found(tags=("print", "TEA", "tea", "hills")) == {more}
        assert self.found(tags=("print", "wall")) == self.found(tags=("tea", "unknown")) == set()
        every = tuple(str(number) for number in range(tags.MAX_PER_IMAGE))
        tagging.replace(both, names=every)
        assert self.found(tags=every) == {both}
        assert self.found(tags=(*every, "tea")) == set()

    def test_the_search_finds_notes_and_tags_in_any_form(self) -> None:
        other = make_image(self.alice)
        notes.write(self.image, note="Для кухни,\nпечатать на холсте")
        tagging.add(self.image, names=["Чёрные ёлки", "lighthouses"])
        for words in (
            "кухня",
            "холст",
            "елка",
            "lighthouse",
            "чёрная ёлка",
            "light",
            "hills кухня",
        ):
            with self.subTest(words):
                assert self.found(words=words) == {self.image}
        assert self.found(words="-кухня") == {other}
        assert self.found(words="hills") == {self.image, other}  # of the prompt
        notes.write(self.image, note="")
        tagging.replace(self.image, names=[])
        assert self.found(words="кухня") == self.found(words="ёлка") == set()
        assert self.found(words="hills") == {self.image, other}


class TestNote(TagsTestCase):
    def note(self) -> str:
        return Image.objects.get(id=self.image.id).note

    def test_it_is_stored_with_composed_letters_and_plain_line_ends(self) -> None:
        text = unicodedata.normalize("NFD", "Ёлка")
        notes.write(self.image, note=f" {text}\r\nfor the kitchen\rA2\t\n")
        assert self.note() == self.image.note == "Ёлка\nfor the kitchen\nA2"

    def test_it_replaces_only_the_note_that_its_author_saw(self) -> None:
        notes.write(self.image, note="one\ntwo", before="")
        with pytest.raises(notes.NoteChanged) as refused:
            notes.write(self.image, note="mine", before="")
        assert refused.value.note == self.note() == "one\ntwo"
        notes.write(self.image, note="mine", before="one\r\ntwo")
        notes.write(self.image, note="mine", before="one\r\ntwo")  # sent again
        assert self.note() == "mine"
