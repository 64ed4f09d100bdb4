"""Parts of pages that browsers keep, and pages that are whole without script."""

import re

from django.urls import reverse

from accounts.models import User
from generation.testing.rows.gallery import GalleryTestCase

PLACE = re.compile(r'<script defer src="(/parts/[^"]+)" data-part></script>')


class TestSharedPart(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.hang()

    def script(self, name: str) -> str:
        return PLACE.search(self.client.get(reverse(name)).content.decode())[1]

    def test_it_is_kept_by_browsers_until_it_changes(self):
        for name in ("create", "gallery"):
            address = self.script(name)
            answer = self.client.get(address)
            assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer["Content-Type"] == "text/javascript; charset=utf-8"
            self.assertContains(answer, 'id=\\"lightbox\\"')
            assert self.client.get(f"{address[:-4]}x.js")["Cache-Control"] == "no-cache"

    def test_it_has_the_language_of_the_page(self):
        english = self.script("create")
        User.objects.filter(pk=self.alice.pk).update(language="ru")
        assert self.script("create") != english
        self.assertContains(self.client.get(self.script("create")), "Ваши картинки")
        self.assertContains(self.client.get(english), "Your images")
        for wrong in ("/parts/create/xx/0.js", "/parts/base/en/0.js"):
            assert self.client.get(wrong).status_code == 404

    def test_it_is_the_same_for_everybody(self):
        answers = []
        for user in (self.alice, self.staff):
            self.client.force_login(user)
            self.hang(user=user)
            answers.append([self.client.get(self.script(name)) for name in ("create", "gallery")])
        self.client.logout()
        answers.append([self.client.get(answer.request["PATH_INFO"]) for answer in answers[0]])
        scripts = {tuple(answer.content for answer in three) for three in answers}
        assert len(scripts) == 1
        assert b"csrfmiddlewaretoken" not in b"".join(*scripts)


class TestWholePage(GalleryTestCase):
    def test_it_is_what_browsers_without_script_load(self):
        self.hang("tea", favorite=True)
        for name, query in (("create", "?show=done"), ("gallery", "?favorite=1")):
            address = f"{reverse(name)}{query}"
            page = self.client.get(address)
            self.assertContains(page, f'content="0;url={address}&amp;plain"')
            assert PLACE.search(page.content.decode())
            whole = self.client.get(f"{address}&plain")
            self.assertNotContains(whole, "<noscript>\n<meta")
            self.assertContains(whole, 'id="lightbox"')
            self.assertContains(whole, 'class="tick"')
