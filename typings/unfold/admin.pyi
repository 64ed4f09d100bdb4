"""Types of the classes of django-unfold that ArtGen uses; the package has none."""

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.db.models import Model

_M = TypeVar("_M", bound=Model)
_P = TypeVar("_P", bound=Model)
_C = TypeVar("_C", bound=Model)

class ModelAdmin(admin.ModelAdmin[_M]):
    list_filter_submit: bool
    list_filter_sheet: bool
    list_fullwidth: bool
    list_disable_select_all: bool
    list_before_template: str | None
    list_after_template: str | None
    change_form_before_template: str | None
    change_form_after_template: str | None
    change_form_outer_before_template: str | None
    change_form_outer_after_template: str | None
    readonly_preprocess_fields: dict[str, Any]
    warn_unsaved_form: bool
    conditional_fields: ClassVar[dict[str, str]]

class TabularInline(admin.TabularInline[_C, _P]):
    show_title: bool
    tab: bool

class StackedInline(admin.StackedInline[_C, _P]):
    show_title: bool
    tab: bool
