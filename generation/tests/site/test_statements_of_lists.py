"""Presets, own styles, word lists and comparisons: more rows cost their pages no statement more."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from generation.jobs.placing import drafts, orders
from generation.models import Image, Job, Preset, Sheet, Status
from generation.studio.comparisons import comparison_order, word_lists
from generation.studio.comparisons.comparison_request import clean
from generation.studio.presets import own_styles, presets
from generation.testing.clock import held_clock
from generation.testing.rows.api import make_image
from generation.testing.rows.gallery import GalleryTestCase


class TestStatementsOfLists(GalleryTestCase):
    def statements(self, address: str) -> int:
        self.client.get(address)  # what is cached
        with CaptureQueriesContext(connection) as queries:
            assert self.client.get(address).status_code == 200
        return len(queries)

    def check(self, *addresses: str, add: Callable[[int], None]) -> None:
        """Compare the statements of these pages with one row and with six."""
        add(0)
        with_one = [self.statements(address) for address in addresses]
        for number in range(1, 6):
            add(number)
        assert [self.statements(address) for address in addresses] == with_one

    def finish(self) -> None:
        """Give each active job an image."""
        for job in Job.objects.active():
            Job.objects.filter(id=job.id).update(
                status=Status.SUCCEEDED, due_at=None, finished_at=timezone.now()
            )
            make_image(self.alice, job=Job.objects.get(id=job.id))

    def test_it_is_the_same_for_presets_and_own_styles(self) -> None:
        def add(number: int) -> None:
            style = own_styles.create(
                user=self.alice, name=f"Style {number}", template="{prompt}!", negative=""
            )
            values = {"model": "flux-dev", "style": style.slug, "steps": str(20 + number)}
            presets.share(presets.create(user=self.alice, name=f"P {number}", values=values))

        self.check(reverse("presets"), reverse("compare"), add=add)
        assert Preset.objects.count() == 6

    def test_it_is_the_same_for_word_lists(self) -> None:
        def add(number: int) -> None:
            word_lists.create(user=self.alice, name=f"list{number}", entries=["a", "b"])

        self.check(reverse("word_lists"), reverse("compare"), add=add)

    @held_clock()
    def test_it_is_the_same_for_comparisons(self) -> None:
        def add(number: int) -> None:
            asked = {"prompt": "A {a|b|c} kite", "models": ["flux-schnell"], "seed": number}
            comparison_order.place(user=self.alice, comparison=clean(asked))
            self.finish()

        self.check(reverse("sheets"), reverse("create"), add=add)
        assert Sheet.objects.count() == 6

    @held_clock()
    def test_it_is_the_same_for_a_larger_comparison(self) -> None:
        counts = []
        for words in ("{a|b}", "{a|b|c|d|e|f|g|h}{1|2|3|4}"):
            placed = comparison_order.place(
                user=self.alice,
                comparison=clean({"prompt": f"A {words}", "models": ["flux-schnell"]}),
            )
            self.finish()
            counts.append(self.statements(reverse("sheet", args=[placed.batch])))
        assert counts[0] == counts[1]

    @held_clock()
    def test_it_is_the_same_for_a_larger_batch(self) -> None:
        counts = []
        for count in (2, 8):
            request = {"model": "flux-schnell", "prompt": "A kite"}
            batch = orders.place_batch(
                user=self.alice, requests=drafts.repeated(request, count=count)
            )
            self.finish()
            image = Image.objects.filter(job__batch=batch.jobs[0].batch).first()
            assert image is not None
            counts.append(
                [
                    self.statements(reverse(name, args=[image.id]))
                    for name in ("image", "compare_image")
                ]
            )
        assert counts[0] == counts[1]
