"""Users. Credits change only by a grant, which is logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm

from accounts.access.staff_rights import StaffProtectedAdmin
from accounts.admin.large_tables import UncountedAdmin
from accounts.admin.quota_fields import QUOTAS_NOTE, QuotaForm
from accounts.admin.user_actions import UserActions
from accounts.credits import daily_usage, ledger
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.forms.profile import language_field, time_zone_field
from accounts.limits import user_limits
from accounts.limits.quotas import QUOTA_COLUMNS
from accounts.models import User
from accounts.sessions import sessions, socket_access
from accounts.tokens import token_cache
from accounts.user_data import deletion
from artgen.admin import audit, columns
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from artgen.web import formatting

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
"""Fields of a user that give rights."""


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name")


class UserForm(QuotaForm, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # Without the permission to change users the form lacks these fields.
        for name, field in (("language", language_field()), ("time_zone", time_zone_field())):
            if name in self.fields:
                self.fields[name] = field
        if "password" in self.fields:  # that of django-unfold is not translated
            self.fields["password"].help_text = format_html(
                '{} <a href="../password/">{}</a>',
                gettext("Only a hash of the password is stored."),
                gettext("Change the password"),
            )


class BanFilter(admin.SimpleListFilter):
    title = _("ban")
    parameter_name = "banned"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("yes", _("Banned"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() != "yes":
            return queryset
        lasts = Q(banned_until=None) | Q(banned_until__gt=timezone.now())
        return queryset.filter(lasts, banned_at__isnull=False)


@admin.register(User)
class UserAdmin(
    UserActions,
    UncountedAdmin,
    StaffProtectedAdmin,
    DjangoUserAdmin,  # type: ignore[type-arg]
):
    """Users. They are never deleted, because the ledger refers to them.

    Sorted by id, which is chronological. Any other order reads the table, for who asks for it.
    """

    menu_icon = "person"
    owner_field = ""
    change_password_form = AdminPasswordChangeForm
    form = UserForm
    add_form = NewUserForm
    change_form_template = "accounts/admin/user.html"
    list_display = (
        "email",
        "name",
        "state",
        "credits",
        "held",
        "role",
        "date_joined",
        "last_login",
    )
    list_filter = (
        BanFilter,
        "is_active",
        ("erase_at", admin.EmptyFieldListFilter),
        "is_staff",
        "date_joined",
    )
    search_fields = ("email", "name")
    search_help_text = _("Email, name or ID.")
    columns_of_results = ("email", "name", "state")
    ordering = ("-id",)
    readonly_fields = ("credits", "held", "date_joined", "last_login", "erase_at", "erased_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "staff_note")}),
        (
            _("Limits"),
            {
                "description": QUOTAS_NOTE,
                "fields": (*QUOTA_COLUMNS, "max_upload_bytes", "max_image_bytes"),
            },
        ),
        (_("Settings"), {"fields": ("language", "time_zone")}),
        (
            _("Permissions"),
            {
                "classes": ("collapse",),
                "fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
            },
        ),
        (_("Dates"), {"fields": ("date_joined", "last_login", "erase_at", "erased_at")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),
    )
    actions: tuple[str, ...] = ("grant_credits",)

    @admin.display(description=_("state"))
    def state(self, user: User) -> SafeString:
        name, text = _state_of(user)
        return columns.badge(name, text)

    @admin.display(description=_("role"), ordering="is_staff")
    def role(self, user: User) -> str:
        """Return whether the user is a member of staff, or "" for everybody else."""
        if user.is_superuser and user.is_staff:
            return gettext("administrator")
        return gettext("staff") if user.is_staff else ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        if user_id := parse_uuid(search_term.strip()):
            return queryset.filter(pk=user_id), False
        return super().get_search_results(request, queryset, search_term)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Add the fields that give rights, unless a superuser asks."""
        fields = super().get_readonly_fields(request, obj)
        is_superuser = getattr(request.user, "is_superuser", False)
        return fields if is_superuser else (*fields, *RIGHTS)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return False: users are deactivated instead."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return (obj is None or obj.erased_at is None) and super().has_change_permission(
            request, obj
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Add the user's balance, limits, usage, and links to all that belongs to the user."""
        user: User | None = self.get_object(request, unquote(object_id))
        if user is not None and self.has_view_or_change_permission(request, user):
            extra_context = {**(extra_context or {}), **self.overview(request, user)}
        return super().change_view(request, object_id, form_url, extra_context)

    def overview(self, request: HttpRequest, user: User) -> dict[str, Any]:
        days = daily_usage.of(user=user)
        name, text = _state_of(user)
        return {
            "state": {"name": name, "text": text},
            "is_banned": user.is_banned,
            "limits": user_limits.rows(user, show_unlimited=True),
            "chart": daily_usage.chart(days),
            "days": [day for day in reversed(days) if day.jobs],
            "links": list(self.links(request, user)),
            "may_grant": self.has_grant_permission(request),
            "may_act": self.has_change_permission(request, user),
        }

    def links(self, request: HttpRequest, user: User) -> Iterator[tuple[str, str]]:
        """Yield title and address of the lists of what belongs to the user."""
        for title, model, query in (
            (gettext("Transactions"), "accounts_creditentry", "user__id__exact"),
            (gettext("Devices"), "usersessions_usersession", "user__id__exact"),
            (gettext("API tokens"), "accounts_apitoken", "user__id__exact"),
            (gettext("What staff changed"), "accounts_auditentry", "object_id__exact"),
            (gettext("What the user did as staff"), "accounts_auditentry", "user__id__exact"),
        ):
            app, _separator, name = model.partition("_")
            if not request.user.has_perm(f"{app}.view_{name}"):
                continue
            if model == "accounts_auditentry" and query == "user__id__exact" and not user.is_staff:
                continue
            yield title, f"{reverse(f'admin:{model}_changelist')}?{query}={user.pk}"

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        """Write the changed fields; a new user also gets the starting credits."""
        if not change:
            super().save_model(request, obj, form, change)
            ledger.open_account(obj)
        elif form.changed_data:
            # Not the whole row: the balance may have changed since this page was opened.
            if obj.is_active and obj.erase_at:
                self._keep(request, obj, form)
            columns = {field.name for field in User._meta.concrete_fields}
            obj.save(update_fields=[name for name in form.changed_data if name in columns])
            token_cache.forget(obj.pk)
            if "is_active" in form.changed_data:
                socket_access.close_all(obj.pk)
            if "email" in form.changed_data:
                sessions.end_all(obj)
                old = form.initial["email"]
                security_notices.send(
                    Change.EMAIL_CHANGED, user=obj, to=old, old=old, new=obj.email
                )

    def _keep(self, request: HttpRequest, user: User, form: ModelForm[User]) -> None:
        """Reactivate an account that is scheduled for erasure, unless that has begun."""
        form.changed_data.remove("is_active")
        try:
            deletion.keep(user)
        except Refusal as refusal:
            user.is_active = False
            messages.error(request, refusal.message)
        else:
            audit.record(actor=request.user, row=user, text="kept")

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        response: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            user = User.objects.get(pk=id)
            socket_access.close_all(user.pk)
            security_notices.send(Change.PASSWORD_CHANGED, user=user)
        return response


def _state_of(user: User) -> tuple[str, str]:
    """Return the name and the words of the user's state."""
    if user.erased_at:
        return "refused", gettext("account deleted")
    if user.erase_at:
        day = formatting.day(user.erase_at)
        return "waiting", gettext("locked, will be deleted on %(day)s") % {"day": day}
    if user.is_banned:
        if user.banned_until is None:
            return "refused", gettext("banned")
        end = formatting.moment(user.banned_until)
        return "refused", gettext("banned until %(end)s") % {"end": end}
    return ("published", gettext("active")) if user.is_active else ("waiting", gettext("locked"))
