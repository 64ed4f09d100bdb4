"""URLs of the account pages."""

from django.urls import path

from accounts.views import account, deletion, passwords, security, sign_in, tokens

# The names by which allauth's code refers to our pages.
ALLAUTH_NAMES = [
    path("accounts/login/", sign_in.login, name="account_login"),
    path("accounts/logout/", sign_in.logout, name="account_logout"),
    path("accounts/signup/", sign_in.signup, name="account_signup"),
    path("accounts/password_change/", passwords.password_change, name="account_change_password"),
    path("accounts/password_add/", passwords.password_add, name="account_set_password"),
    path("accounts/password_reset/", passwords.password_reset, name="account_reset_password"),
    path(
        "accounts/reset/<uidb36>/<key>/",
        passwords.password_reset_confirm,
        name="account_reset_password_from_key",
    ),
]

urlpatterns = [
    path("accounts/login/", sign_in.login, name="login"),
    path("accounts/logout/", sign_in.logout, name="logout"),
    path("accounts/signup/", sign_in.signup, name="signup"),
    path("accounts/signup/sent/", sign_in.signup_sent, name="signup_sent"),
    path("accounts/signup/<str:token>/", sign_in.signup_finish, name="signup_finish"),
    path("accounts/password_change/", passwords.password_change, name="password_change"),
    path("accounts/password_add/", passwords.password_add, name="password_add"),
    path("accounts/reauthenticate/", passwords.reauthenticate, name="account_reauthenticate"),
    path("accounts/email/", security.change_email, name="change_email"),
    path("accounts/email/sent/", security.change_email_sent, name="change_email_sent"),
    path("accounts/email/<str:token>/", security.confirm_email, name="confirm_email"),
    path("accounts/password_reset/", passwords.password_reset, name="password_reset"),
    path(
        "accounts/password_reset/done/", passwords.password_reset_done, name="password_reset_done"
    ),
    path(
        "accounts/reset/<uidb36>/<key>/",
        passwords.password_reset_confirm,
        name="password_reset_confirm",
    ),
    path("accounts/reset/done/", passwords.password_reset_complete, name="password_reset_complete"),
    path("accounts/keep/<str:token>/", deletion.keep_account, name="keep_account"),
    path("accounts/closed/", deletion.account_closed, name="account_closed"),
    path("account/", account.account, name="account"),
    path("account/ledger/", account.ledger, name="ledger"),
    path("account/ledger.csv", account.ledger_csv, name="ledger_csv"),
    path("account/profile/", account.profile, name="profile"),
    path("account/security/", security.security, name="security"),
    path("account/security/sign-out/", security.end_session, name="end_session"),
    path(
        "account/security/sign-out-others/", security.end_other_sessions, name="end_other_sessions"
    ),
    path("account/tokens/", tokens.token_list, name="tokens"),
    path("account/tokens/revoke/", tokens.revoke_token, name="revoke_token"),
    *ALLAUTH_NAMES,
]
