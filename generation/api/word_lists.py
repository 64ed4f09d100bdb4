"""Word lists: list, create, get, change, delete."""

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from artgen.api.shapes import read
from artgen.api.views import Endpoint, body_of, first_or_404, query_of
from generation.api import docs_sheets
from generation.api.shapes_sheets import WordListRequestShape, WordListShape
from generation.models import WordList
from generation.sheets import word_lists


class WordLists(Endpoint):
    """`/api/v1/word-lists/`."""

    @extend_schema(**docs_sheets.LIST_WORD_LISTS)
    def get(self, request: Request) -> Response:
        """Return all word lists of the user by name, on one page."""
        query_of(request)
        rows = WordList.objects.of(request.user).present()
        return Response(WordListShape(rows, many=True).data)

    @extend_schema(**docs_sheets.MAKE_WORD_LIST)
    def post(self, request: Request) -> Response:
        """Create a word list."""
        given = read(WordListRequestShape(data=body_of(request)))
        made = word_lists.create(user=cast(User, request.user), **given)
        return Response(_one_json(made), status=201)


class WordListDetail(Endpoint):
    """`/api/v1/word-lists/ID/`."""

    @extend_schema(**docs_sheets.GET_WORD_LIST)
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return one of the user's own word lists."""
        return Response(_one_json(_own(request, list_id)))

    @extend_schema(**docs_sheets.CHANGE_WORD_LIST)
    def patch(self, request: Request, list_id: UUID) -> Response:
        """Change one of the user's own word lists."""
        own = _own(request, list_id)
        given = read(WordListRequestShape(data=body_of(request), partial=True))
        return Response(_one_json(word_lists.change(own, **given) if given else own))

    @extend_schema(**docs_sheets.DELETE_WORD_LIST)
    def delete(self, request: Request, list_id: UUID) -> Response:
        """Delete one of the user's own word lists."""
        word_lists.delete(_own(request, list_id))
        return Response(status=204)


def _own(request: Request, list_id: UUID) -> WordList:
    return first_or_404(WordList.objects.of(request.user).present().filter(id=list_id))


def _one_json(word_list: WordList) -> Any:
    return WordListShape(word_list).data
