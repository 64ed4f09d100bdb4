"""Lists of tables that grow with the number of jobs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.paginator import InfinitePage, InfinitePaginator

from accounts.models import User

MAX_USERS_FOUND = 50


class UncountedPage(InfinitePage):
    """A page that has a next one if it is full, as the field that finds a row by typing asks."""

    def has_next(self) -> bool:
        return bool(len(self.object_list) == self.paginator.per_page)


class UncountedPaginator(InfinitePaginator):
    """Pages of rows that nobody has counted."""

    def _get_page(self, *args: Any, **kwargs: Any) -> UncountedPage:
        return UncountedPage(*args, **kwargs)


class UncountedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list without a count of its rows."""

    paginator = UncountedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # would count every choice
    list_per_page = 50


class LargeTableAdmin(UncountedAdmin):
    """A list without a count of its rows, in the only order for which there is an index.

    Its search finds rows of a user by a part of the email, from the index of users.
    """

    sortable_by = ()
    link_lookups: tuple[str, ...] = ("user__id__exact",)
    user_lookup = "user"
    """Of the user whose rows the search finds by email."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        users = users_found(term) if term and " " not in term else []
        theirs = queryset.filter(**{f"{self.user_lookup}__in": users})
        if "@" in term:
            return theirs, False
        matching, may_repeat = super().get_search_results(request, queryset, term)
        return (matching | theirs if users else matching), may_repeat


def users_found(term: str) -> list[Any]:
    """Return the ids of the users with this part of an email, MAX_USERS_FOUND at most."""
    users = User.objects.filter(email__icontains=term).order_by("id")
    return list(users.values_list("id", flat=True)[:MAX_USERS_FOUND])
