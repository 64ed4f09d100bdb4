"""Pages that act on users: grant credits, ban, lift a ban, sign out everywhere."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.access import bans, sign_out_by_staff
from accounts.access.request_user import SignedInRequest
from accounts.credits import ledger
from accounts.forms.bans import BanForm
from accounts.forms.credit_grants import GrantForm
from accounts.models import User
from artgen.admin import audit, submit_once
from artgen.admin.pages import page
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from artgen.web import formatting

FORM = "accounts/admin/form.html"
MAX_GRANTED = 250
"""Users in one address, which nginx refuses above 16 kB."""


class UserActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages and actions of the admin of users that have a form of their own."""

    ban_form: type[BanForm] = BanForm

    def has_grant_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.add_creditentry")

    @admin.action(description=_("Grant or take back credits…"), permissions=["grant"])
    def grant_credits(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Redirect to the form that asks for amount and reason, or say that they are too many."""
        ids = list(queryset.values_list("pk", flat=True)[: MAX_GRANTED + 1])
        if len(ids) > MAX_GRANTED:
            text = gettext("Select up to %(limit)d users.") % {"limit": MAX_GRANTED}
            self.message_user(request, text, messages.WARNING)
            return None
        query = urlencode({"user": [str(pk) for pk in ids]}, doseq=True)
        return HttpResponseRedirect(f"{reverse('admin:accounts_user_grant')}?{query}")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("grant/", view(self.grant_view), name="accounts_user_grant"),
            path("<path:object_id>/ban/", view(self.ban_view), name="accounts_user_ban"),
            path(
                "<path:object_id>/lift-ban/",
                view(self.lift_ban_view),
                name="accounts_user_lift_ban",
            ),
            path(
                "<path:object_id>/sign-out/",
                view(self.sign_out_view),
                name="accounts_user_sign_out",
            ),
            *super().get_urls(),
        ]

    def grant_view(self, request: SignedInRequest) -> HttpResponse:
        """Ask for amount and reason, then write one entry per user, all or none."""
        if not self.has_grant_permission(request):
            raise PermissionDenied
        users = list(User.objects.filter(pk__in=_uuids(request.GET.getlist("user"))).order_by("id"))
        if not users:
            messages.warning(request, gettext("No users selected."))
            return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
        form = GrantForm(request.POST or None, initial={"once": uuid4()})
        if request.method == "POST" and form.is_valid() and self._grant(request, users, form):
            if len(users) == 1:
                return self._back(users[0])
            return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
        return self._ask(
            request,
            users,
            title=gettext("Grant or take back credits"),
            form=form,
            button=gettext("Save"),
        )

    def _grant(self, request: SignedInRequest, users: list[User], form: forms.Form) -> bool:
        """Write the entries and return True, or add the reason to the form and return False."""
        data = form.cleaned_data
        why: dict[str, Any] = {"reason": data["reason"], "actor": request.user}
        user, amount = users[0], data["amount"]
        try:
            with (
                submit_once.first_time(f"grant:{data['once']}") as is_first,
                transaction.atomic(),
            ):
                if not is_first:
                    messages.info(request, gettext("These credits were already granted."))
                    return True
                for user in users:
                    if amount > 0:
                        entry = ledger.grant(user=user, amount=amount, **why)
                    else:
                        at_most = data["at_most"]
                        entry = ledger.take_back(user=user, amount=-amount, at_most=at_most, **why)
                    text = f"{entry.amount:+d} credits: {data['reason']}"
                    audit.record(actor=request.user, row=user, text=text)
        except ledger.TooFewCredits as refusal:
            text = gettext("The account has only %(credits)s.")
            text %= {"credits": formatting.credits(refusal.available)}
            form.add_error("amount", f"{user.email}: {text}")
            return False
        except Refusal as refusal:
            form.add_error("amount", f"{user.email}: {refusal.message}")
            return False
        words = ngettext(
            "%(count)s account has changed.", "%(count)s accounts have changed.", len(users)
        )
        messages.success(request, words % {"count": len(users)})
        return True

    def ban_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        user = self._user(request, object_id)
        form = self.ban_form(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                self.ban(user, form, actor=request.user)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
            else:
                text = gettext("%(email)s is banned.") % {"email": user.email}
                messages.success(request, text)
                return self._back(user)
        return self._ask(
            request,
            [user],
            title=gettext("Ban"),
            form=form,
            button=gettext("Ban"),
            is_danger=True,
            words=gettext(
                "The user is signed out and sees the reason and the end when signing in and in the "
                "API, and gets them by email. API tokens work again after the ban. Shared images "
                "stay."
            ),
        )

    def ban(self, user: User, form: BanForm, *, actor: User) -> None:
        """Ban the user as the form says; raise a Refusal."""
        bans.ban(
            user=user, reason=form.cleaned_data["reason"], until=form.until_time(), actor=actor
        )

    def lift_ban_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        user = self._user(request, object_id)
        if request.method == "POST":
            text = gettext("The ban of %(email)s is lifted.") % {"email": user.email}
            return self._act(request, user, bans.lift, done=text)
        words = _of_ban(user) if user.is_banned else bans.NotBanned().message
        title = gettext("Lift ban")
        return self._ask(request, [user], title=title, words=words, button=title)

    def sign_out_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        user = self._user(request, object_id)
        if request.method == "POST":
            text = gettext("%(email)s is signed out on all devices.") % {"email": user.email}
            return self._act(request, user, sign_out_by_staff.sign_out_everywhere, done=text)
        return self._ask(
            request,
            [user],
            title=gettext("Sign out everywhere"),
            button=gettext("Sign out everywhere"),
            words=gettext(
                "All sessions of the user end immediately, and the user is notified by email. "
                "API tokens stay valid."
            ),
        )

    def _user(self, request: SignedInRequest, object_id: str) -> User:
        id = parse_uuid(object_id)
        user = User.objects.filter(pk=id).first() if id else None
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return user

    def _act(
        self, request: SignedInRequest, user: User, act: Callable[..., Any], *, done: str
    ) -> HttpResponse:
        """Run `act`, and say on the user's page that it is done, or why not."""
        try:
            act(user=user, actor=request.user)
        except Refusal as refusal:
            messages.warning(request, refusal.message)
        else:
            messages.success(request, done)
        return self._back(user)

    def _back(self, user: User) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[user.pk]))

    def _ask(self, request: HttpRequest, users: Sequence[User], **context: object) -> HttpResponse:
        """Return the page that acts on these users when it is posted."""
        lines = [f"{user.email} ({formatting.credits(user.credits)})" for user in users]
        original = users[0] if len(users) == 1 else None
        return page(self, request, FORM, original=original, lines=lines, **context)


def _of_ban(user: User) -> str:
    """Return end and reason of the user's ban, for staff."""
    if user.banned_until is None:
        return gettext("Banned without an end. Reason: %(reason)s") % {"reason": user.ban_reason}
    values = {"end": formatting.moment(user.banned_until), "reason": user.ban_reason}
    return gettext("Banned until %(end)s. Reason: %(reason)s") % values


def _uuids(texts: list[str]) -> list[UUID]:
    return [parsed for text in texts if (parsed := parse_uuid(text))]
