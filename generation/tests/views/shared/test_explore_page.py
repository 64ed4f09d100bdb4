"""/explore/: what everybody sees."""

import re
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from generation.gallery import notes, trash
from generation.gallery.sharing import publications
from generation.models import Publication
from generation.testing.rows.gallery import SCRIPT, SharingTestCase
from generation.views.shared import explore


class TestExplore(SharingTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("explore")
        self.client.logout()

    def see(self, query="", **headers):
        return self.client.get(self.url + query, headers={"Accept-Language": "en", **headers})

    def slugs(self, page):
        return re.findall(r'class="card-link" href="/s/([\w-]+)/"', page.content.decode())

    def test_it_shows_only_what_staff_have_approved_the_newest_first(self):
        first, second = self.published(self.hang()), self.published(self.hang())
        self.ask(self.hang())
        self.link(self.hang())
        publications.refuse(self.published(self.hang()), by=self.staff, reason="no")
        gone = self.published(self.hang())
        trash.move_to_trash(gone.image)
        assert self.slugs(self.see()) == [second.slug, first.slug]

    def test_it_tells_a_prompt_and_a_name_only_where_the_owner_allowed_it(self):
        self.alice.name = "Alice A."
        self.alice.save(update_fields=["name"])
        self.published(self.hang("a secret cave"))
        page = self.see()
        self.assertNotContains(page, "secret")
        self.assertNotContains(page, "Alice")
        self.assertNotContains(page, "alice")
        self.published(self.hang("an open meadow"), with_parameters=True, with_name=True)
        page = self.see()
        self.assertContains(page, 'aria-label="an open meadow"')
        self.assertContains(page, "Alice A.")

    @pytest.mark.slow
    def test_it_goes_on_by_cursor_without_doubling(self):
        shown = [self.published(self.hang()) for _n in range(explore.PAGE + 2)]
        Publication.objects.update(published_at=timezone.now())  # the same moment: the id decides
        page = self.see()
        assert len(self.slugs(page)) == explore.PAGE
        following = re.search(
            r'rel="next" href="/explore/(\?before=[^"]+)"', page.content.decode()
        )[1]
        self.published(self.hang())  # a newer one shifts nothing
        rest = self.see(following, **SCRIPT)
        assert len(self.slugs(rest)) == 2
        assert {one.slug for one in shown} == set(self.slugs(page)) | set(self.slugs(rest))
        self.assertNotContains(rest, "<html")
        assert self.slugs(self.see("?before=nonsense")) == self.slugs(self.see())

    def test_it_searches_the_prompts_that_everybody_sees(self):
        fog = self.published(self.hang("lighthouses in fog"), with_parameters=True)
        sea = self.published(self.hang("горы и море"), with_parameters=True)
        self.published(self.hang("a secret lighthouse"))
        self.ask(self.hang("a waiting lighthouse"), with_parameters=True)
        gone = self.published(self.hang("a withdrawn lighthouse"), with_parameters=True)
        publications.withdraw(gone.image)
        notes.write(fog.image, note="for the print")
        for query, found in (
            ("lighthouse", [fog]),
            ("light", [fog]),
            ("горами", [sea]),
            ("lighthouse or море", [sea, fog]),
            ("lighthouse -fog", []),
            ("print", []),
            ("secret", []),
            ("!!", []),
        ):
            with self.subTest(query):
                page = self.see(f"?{urlencode({'q': query})}")
                assert self.slugs(page) == [one.slug for one in found]
        self.assertContains(page, "Nothing matches “!!”")
