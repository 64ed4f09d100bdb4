"""The admin site: our sign-in page, and without the rows of allauth that ArtGen does not use."""

from allauth.account import admin as allauth_admin
from allauth.mfa import admin as mfa_admin
from allauth.socialaccount import admin as social_admin
from allauth.usersessions import admin as sessions_admin
from django.contrib import admin

from accounts.views import sign_in

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
