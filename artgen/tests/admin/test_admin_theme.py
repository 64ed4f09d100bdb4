"""The admin's frame: ArtGen's theme and menu, and nothing that the Content-Security-Policy refuses."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import Model
from unfold.admin import ModelAdmin

from generation.testing.cases import BaseTestCase

INLINE = re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)|<style|\sstyle=|\son\w+=")
PAGES = (
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/generation/job/",
    "/admin/generation/imagemodel/add/",
    "/admin/generation/style/",
    "/admin/auth/group/add/",
)


class TestFrame(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)

    def test_it_has_nothing_inline_and_no_script_of_the_theme(self) -> None:
        for address in PAGES:
            with self.subTest(address):
                page = self.client.get(address).content.decode()
                assert INLINE.findall(page) == []
                assert "unfold/js" not in page

    def test_it_follows_the_theme_chosen_in_the_studio(self) -> None:
        assert 'data-theme="' not in self.client.get("/admin/").content.decode()
        for theme in ("light", "dark"):
            self.client.cookies["theme"] = theme
            page = self.client.get("/admin/").content.decode()
            assert f'class="{theme}" data-theme="{theme}"' in page


class TestMenu(BaseTestCase):
    def menu(self) -> dict[str, list[str]]:
        response = self.client.get("/admin/")
        return {
            str(section.title): [link.url for link in section.links]
            for section in response.context["menu"]
        }

    def test_it_groups_what_the_user_may_see(self) -> None:
        self.client.force_login(self.staff)
        menu = self.menu()
        assert "/admin/generation/job/" in menu["Jobs and models"]
        assert "/admin/accounts/user/" in menu["People"]
        assert "/admin/generation/publication/" in menu["Review"]

    def test_it_hides_what_the_user_may_not_see(self) -> None:
        reader = self.make_user("reader@example.org", is_staff=True)
        self.client.force_login(reader)
        assert self.menu() == {}
        reader.user_permissions.add(Permission.objects.get(codename="view_style"))
        assert self.menu() == {"Jobs and models": ["/admin/generation/style/"]}


MODELS = [model for model in apps.get_models() if admin.site.is_registered(model)]


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_it_gives_every_table_the_look_of_the_theme(model: type[Model]) -> None:
    assert isinstance(admin.site.get_model_admin(model), ModelAdmin)
