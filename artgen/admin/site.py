"""The admin site: django-unfold's look in ArtGen's frame, and its menu."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold import fields
from unfold.sites import UnfoldAdminSite

from artgen.admin import search
from artgen.web import theme

# The colors of JSON are inline styles, which our policy refuses. Without Pygments there are none.
fields.prettify_json = lambda *_: None

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

SECTIONS = {
    "work": _("Jobs and models"),
    "review": _("Review"),
    "people": _("People"),
    "content": _("Images"),
    "site": _("Site"),
}
"""Sections of the menu. An admin class names its own as `menu_section`, else its app decides."""

APP_SECTIONS = {"accounts": "people", "auth": "people", "generation": "work"}
DEFAULT_ICON = "data_object"
"""Of Material Symbols; an admin class may name another as `menu_icon`."""


@dataclass(frozen=True)
class Link:
    title: str
    url: str
    icon: str
    is_current: bool


@dataclass
class MenuSection:
    title: Promise | str
    links: list[Link] = field(default_factory=list)


class ArtGenAdminSite(UnfoldAdminSite):
    """The admin with our frame, whose pages need no script and follow the user's theme."""

    index_title = _("Start page")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return Django's URLs, and our search instead of the theme's, which needs its scripts.

        Without the redirect to pages of rows, which no row has, and which fails for ids.
        """
        return [
            path("search/", self.admin_view(self.search), name="search"),
            *(
                url
                for url in AdminSite.get_urls(self)
                if isinstance(url, URLResolver) or url.name != "view_on_site"
            ),
        ]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Return what is found in all lists that the person may view."""
        term = request.GET.get("q", "").replace("\0", "").strip()
        groups = list(search.search(self, request, term)) if term else []
        context = {"title": _("Search"), "term": term, "groups": groups}
        return render(request, "admin/search.html", {**self.each_context(request), **context})

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Redirect to the account's page, which limits attempts and writes to the owner."""
        return redirect("password_change")

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Forbid frames: the theme allows them for popups that only its scripts open."""
        checked = super().admin_view(view, cacheable)

        @wraps(checked)
        def unframed(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            response = checked(request, *args, **kwargs)
            response.headers.pop("X-Frame-Options", None)  # set again by Django's middleware
            return response

        return cast(View, unframed)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        return context | {
            "site_title": "ArtGen",
            "site_header": "ArtGen",
            "theme": theme.page(request)["theme"],
            "menu": self._menu(request, context.get("available_apps") or ()),
        }

    def _menu(self, request: HttpRequest, apps: Sequence[dict[str, Any]]) -> list[MenuSection]:
        menu = {name: MenuSection(title) for name, title in SECTIONS.items()}
        for app in apps:
            for model in app["models"]:
                if not model["admin_url"]:
                    continue
                admin = self.get_model_admin(model["model"])
                name = getattr(admin, "menu_section", APP_SECTIONS.get(app["app_label"], "site"))
                menu[name].links.append(
                    Link(
                        title=str(model["name"]),
                        url=model["admin_url"],
                        icon=getattr(admin, "menu_icon", DEFAULT_ICON),
                        is_current=request.path.startswith(model["admin_url"]),
                    )
                )
        return [section for section in menu.values() if section.links]
