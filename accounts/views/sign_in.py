"""Sign in and sign out. The pages never reveal who has an account."""

from typing import Any

from allauth.account.internal.flows.logout import logout as end_session
from allauth.account.views import LoginView
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import sign_in_ways, social_sign_in
from accounts.access.sign_in_ways import PASSWORD
from accounts.forms.sign_in import SignInForm
from accounts.limits.rate_limits import limited
from accounts.webhooks import push_browsers
from artgen.web.redirects import next_url


class SignIn(LoginView):
    """Sign in with email and password; 429 during a pause after wrong ones.

    With `staff_only`, and whenever `next` leads to the admin, only staff are signed in.
    """

    template_name = "accounts/login.html"
    form_class = SignInForm
    staff_only = False

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Refuse a user without staff rights whom the admin has sent here.

        And a password where passwords do not sign in.
        """
        if request.method == "POST" and not sign_in_ways.signs_in(PASSWORD):
            raise PermissionDenied
        self.staff_only = self.staff_only or self._leads_to_admin()
        if self.staff_only and request.user.is_authenticated and not request.user.is_staff:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "staff_only": self.staff_only}

    def get_default_success_url(self) -> str:
        """Return the page after sign-in if `next` names none."""
        return resolve_url("admin:index" if self.staff_only else settings.LOGIN_REDIRECT_URL)

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        if form.non_field_errors():
            form.show_refusal()
        response: HttpResponse = super().form_invalid(form)
        if form.seconds_to_wait:
            response.status_code = 429
            response["Retry-After"] = str(form.seconds_to_wait)
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "next": next_url(self.request),
            "services": social_sign_in.services(self.request),
            "has_password": sign_in_ways.signs_in(PASSWORD),
        }

    def _leads_to_admin(self) -> bool:
        return next_url(self.request).startswith(reverse("admin:index"))


login = require_http_methods(["GET", "HEAD", "POST"])(limited("entrance")(SignIn.as_view()))
admin_login = require_http_methods(["GET", "HEAD", "POST"])(
    limited("entrance")(SignIn.as_view(staff_only=True))
)


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session and close the user's sockets, or cancel a sign-in that waits for a code.

    This browser gets no push notifications any more.
    """
    push_browsers.remove_current(request)
    end_session(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)
