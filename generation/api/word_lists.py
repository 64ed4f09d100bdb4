"""Word lists: list, create, get, change, delete."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request

from accounts.access.request_user import user_of
from artgen.api.inputs import Body, Query, Text
from artgen.api.operations import operation
from artgen.api.views import ApiView, first_or_404
from generation.models import WordList
from generation.models.sheets import LIST_NAME_MAX
from generation.owned_rows import named_rows
from generation.studio.comparisons import word_lists
from generation.studio.comparisons.word_lists import MAX_ENTRIES, MAX_ENTRY_LENGTH

EXAMPLE = {"name": "colors", "entries": ["red", "blue", "green"]}


class WordListJson(TypedDict):
    """A list of alternatives; `__name__` in the prompt of a comparison stands for its entries."""

    id: UUID
    name: str
    entries: list[str]
    created_at: datetime


class WordListBody(Body):
    """A word list to create or to change."""

    name = Text(
        max_length=LIST_NAME_MAX,
        help_text="Letters, digits, hyphens and single underscores; unique, ignoring case.",
    )
    entries = serializers.ListField(
        child=Text(max_length=MAX_ENTRY_LENGTH, allow_blank=True),
        help_text=f"Up to {MAX_ENTRIES}; plain text, without alternatives; "
        "empty ones are left out.",
        error_messages={"not_a_list": gettext_lazy("Must be a list.")},
    )


class WordLists(ApiView):
    """`/api/v1/word-lists/`."""

    tag = "sheets"

    @operation("GET word-lists/", query=Query)
    def list_word_lists(self, request: Request) -> list[WordListJson]:
        """List word lists.

        By name, on one page.
        """
        return [_list_json(row) for row in WordList.objects.of(request.user).present()]

    @operation(
        "POST word-lists/",
        body=WordListBody,
        status=201,
        problems=["too_many_requests", "too_many_word_lists"],
        bodies={"Colors": EXAMPLE},
    )
    def make_word_list(self, request: Request) -> WordListJson:
        """Create a word list."""
        return _list_json(word_lists.create(user=user_of(request), **self.read_body()))

    @operation("GET word-lists/<uuid:list_id>/")
    def get_word_list(self, request: Request, list_id: UUID) -> WordListJson:
        """Get a word list."""
        return _list_json(_own(request, list_id))

    @operation(
        "PATCH word-lists/<uuid:list_id>/", body=WordListBody, problems=["too_many_requests"]
    )
    def change_word_list(self, request: Request, list_id: UUID) -> WordListJson:
        """Change a word list.

        Name or entries, or both.
        """
        word_list, body = _own(request, list_id), self.read_body()
        return _list_json(word_lists.change(word_list, **body) if body else word_list)

    @operation("DELETE word-lists/<uuid:list_id>/")
    def delete_word_list(self, request: Request, list_id: UUID) -> None:
        """Delete a word list."""
        named_rows.delete(_own(request, list_id))


def _own(request: Request, list_id: UUID) -> WordList:
    return first_or_404(WordList.objects.of(request.user).present().filter(id=list_id))


def _list_json(word_list: WordList) -> WordListJson:
    return {
        "id": word_list.id,
        "name": word_list.name,
        "entries": word_list.entries,
        "created_at": word_list.created_at,
    }
