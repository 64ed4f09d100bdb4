"""Admin of users, ledger and tokens. Credits change only by a grant, which is logged."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from allauth.account import admin as allauth_admin
from allauth.mfa import admin as mfa_admin
from allauth.socialaccount import admin as social_admin
from allauth.usersessions import admin as sessions_admin
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.forms import Form, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm

from accounts import deletion, ledger, security_notices, sockets, staff_rights, token_cache
from accounts.forms.credits import GrantForm
from accounts.forms.profile import language_field, time_zone_field
from accounts.models import ApiToken, CreditEntry, User
from accounts.outbox_admin import OutgoingEmailAdmin as OutgoingEmailAdmin  # registers it
from accounts.requests import SignedInRequest
from accounts.security_notices import Change
from accounts.staff_rights import StaffProtectedAdmin, SuperuserAdmin
from accounts.views import sign_in
from artgen.admin_actions import on_each
from artgen.ids import parse_uuid
from artgen.read_only_admin import ReadOnlyAdmin
from artgen.refusals import Refusal

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
"""Fields of a user that give rights."""

# Rows of allauth that ArtGen does not use.
for _model in (
    allauth_admin.EmailAddress,
    mfa_admin.Authenticator,
    sessions_admin.UserSession,
    social_admin.SocialAccount,
    social_admin.SocialApp,
    social_admin.SocialToken,
):
    admin.site.unregister(_model)
admin.site.login = sign_in.admin_login  # type: ignore[method-assign,assignment]


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """The form that creates a user."""

    class Meta:
        model = User
        fields = ("email", "name")


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    """The form that changes a user."""

    class Meta:
        model = User
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Without the permission to change users the form lacks these fields.
        for name, field in (("language", language_field()), ("time_zone", time_zone_field())):
            if name in self.fields:
                self.fields[name] = field


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(SuperuserAdmin, DjangoGroupAdmin):
    """Groups, which only superusers change: a member could give the own group more rights."""

    menu_icon = "groups"


@admin.register(User)
class UserAdmin(StaffProtectedAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """Users. They are never deleted, because the ledger refers to them."""

    menu_icon = "person"
    owner_field = ""
    change_password_form = AdminPasswordChangeForm
    form = UserForm
    add_form = NewUserForm
    change_form_template = "accounts/admin/user.html"
    list_display = (
        "email",
        "name",
        "credits",
        "held",
        "is_active",
        "erase_at",
        "is_staff",
        "date_joined",
        "last_login",
    )
    list_filter = (
        "is_active",
        ("erase_at", admin.EmptyFieldListFilter),
        "is_staff",
        "date_joined",
        "language",
    )
    search_fields = ("email", "name")
    ordering = ("-date_joined", "-id")
    date_hierarchy = "date_joined"
    readonly_fields = ("credits", "held", "date_joined", "last_login", "erase_at", "erased_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        (_("Credits"), {"fields": ("credits", "held")}),
        (
            _("Limits"),
            {
                "fields": (
                    "max_jobs_per_day",
                    "max_cancels_per_day",
                    "max_credits_per_day",
                    "max_upload_bytes",
                    "max_image_bytes",
                )
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

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Add the fields that give rights, unless a superuser asks."""
        fields = super().get_readonly_fields(request, obj)
        is_superuser = getattr(request.user, "is_superuser", False)
        return fields if is_superuser else (*fields, *RIGHTS)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return False: users are deactivated instead."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return False for an erased account."""
        return (obj is None or obj.erased_at is None) and super().has_change_permission(
            request, obj
        )

    def has_grant_permission(self, request: HttpRequest) -> bool:
        """Return whether this staff user may add ledger entries."""
        return request.user.has_perm("accounts.add_creditentry")

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
                sockets.close_all(obj.pk)

    def _keep(self, request: HttpRequest, user: User, form: ModelForm[User]) -> None:
        """Reactivate an account that is scheduled for erasure, unless that has begun."""
        form.changed_data.remove("is_active")
        try:
            deletion.keep(user)
        except Refusal as refusal:
            user.is_active = False
            messages.error(request, refusal.message)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Set a user's password and close the user's sockets."""
        response: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            sockets.close_all(id)
            security_notices.send(Change.PASSWORD_CHANGED, user=User.objects.get(pk=id))
        return response

    @admin.action(description=_("Grant credits…"), permissions=["grant"])
    def grant_credits(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        """Redirect to the form that asks for amount and reason."""
        query = urlencode(
            {"user": [str(pk) for pk in queryset.values_list("pk", flat=True)]}, doseq=True
        )
        return HttpResponseRedirect(f"{reverse('admin:accounts_user_grant')}?{query}")

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of the grant form."""
        grant = path(
            "grant/", self.admin_site.admin_view(self.grant_view), name="accounts_user_grant"
        )
        return [grant, *super().get_urls()]

    def grant_view(self, request: SignedInRequest) -> HttpResponse:
        """Ask for amount and reason, then write one entry per user, all or none."""
        if not self.has_grant_permission(request):
            raise PermissionDenied
        users = list(User.objects.filter(pk__in=_uuids(request.GET.getlist("user"))).order_by("id"))
        if not users:
            messages.warning(request, gettext("No users selected."))
            return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
        form = GrantForm(request.POST or None, initial={"once": uuid4()})
        if request.method == "POST" and form.is_valid() and self.grant(request, users, form):
            back = reverse("admin:accounts_user_change", args=[users[0].pk])
            return HttpResponseRedirect(
                back if len(users) == 1 else reverse("admin:accounts_user_changelist")
            )
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Grant credits"),
            "opts": self.opts,
            "form": form,
            "users": users,
        }
        return render(request, "accounts/admin/grant.html", context)

    def grant(self, request: SignedInRequest, users: list[User], form: Form) -> bool:
        """Write the entries and return True, or add the reason to the form and return False."""
        amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
        # Submitting the same form twice grants once.
        key = f"grant:{form.cleaned_data['once']}"
        if not cache.add(key, 1, 24 * 60 * 60):
            messages.info(request, gettext("These credits were already granted."))
            return True
        write = ledger.grant if amount > 0 else ledger.adjust
        user = users[0]
        try:
            with transaction.atomic():
                for user in users:
                    write(user=user, amount=amount, reason=reason, actor=request.user)
                    self.log_change(request, user, f"{amount:+d} credits: {reason}")
        except Refusal as refusal:
            cache.delete(key)
            form.add_error("amount", f"{user.email}: {refusal.message}")
            return False
        words = ngettext(
            "%(count)s account has changed.", "%(count)s accounts have changed.", len(users)
        )
        messages.success(request, words % {"count": len(users)})
        return True


def _uuids(texts: list[str]) -> list[UUID]:
    return [parsed for text in texts if (parsed := parse_uuid(text))]


@admin.register(CreditEntry)
class CreditEntryAdmin(ReadOnlyAdmin):
    """The ledger, read-only."""

    menu_icon = "receipt_long"
    list_display = (
        "created_at",
        "user",
        "kind",
        "amount",
        "balance_after",
        "reference",
        "reason",
        "actor",
    )
    list_filter = ("kind", "created_at")
    list_select_related = ("user", "actor")
    search_fields = ("user__email", "reason")
    search_help_text = _("Email, reason or job ID")
    ordering = ("-created_at", "-id")
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CreditEntry], search_term: str
    ) -> tuple[QuerySet[CreditEntry], bool]:
        """Find entries by the id of their job, too."""
        references = _uuids([search_term.strip()])
        if references:
            return queryset.filter(reference__in=references), False
        return super().get_search_results(request, queryset, search_term)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin, StaffProtectedAdmin):
    """API tokens, which can be revoked."""

    menu_icon = "key"
    list_display = (
        "name",
        "user",
        "prefix",
        "scopes",
        "credit_limit",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__email", "prefix")
    ordering = ("-created_at", "-id")
    fields = (
        "name",
        "user",
        "prefix",
        "scopes",
        "credit_limit",
        "credits_spent",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return whether this staff user may revoke tokens."""
        return request.user.has_perm("accounts.change_apitoken")

    @admin.action(description=_("Revoke the selected tokens"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Revoke those that are active."""

        def revoke(token: ApiToken) -> None:
            staff_rights.check(request.user, token.user)
            active = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
            if active.update(revoked_at=timezone.now()):
                self.log_change(request, token, "revoked")
                sockets.close_all(token.user_id)
                security_notices.send(Change.TOKEN_REVOKED, user=token.user, name=token.name)

        rows = queryset.filter(revoked_at=None).select_related("user").order_by("id")
        on_each(self, request, rows, revoke, done_text=_revoked)


def _revoked(count: int) -> str:
    return ngettext("%(count)s token was revoked.", "%(count)s tokens were revoked.", count)
