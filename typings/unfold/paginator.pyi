"""Types of the paginator of django-unfold; the package has none."""

from typing import Any

from django.core.paginator import Page, Paginator

class InfinitePage(Page[Any]): ...

class InfinitePaginator(Paginator[Any]):
    template_name: str
