"""URLs of the account pages."""

from django.urls import include, path

from accounts.views import (
    account,
    consents,
    deletion,
    email_change,
    get_credits,
    ledger,
    nginx_sender,
    passwords,
    profile,
    second_factor,
    security,
    sign_in,
    sign_up,
    social_sign_in,
    tokens,
)

# The names by which allauth's code refers to our pages.
ALLAUTH_NAMES = [
    path("accounts/login/", sign_in.login, name="account_login"),
    path("accounts/logout/", sign_in.logout, name="account_logout"),
    path("accounts/signup/", sign_up.signup, name="account_signup"),
    path("accounts/password_change/", passwords.password_change, name="account_change_password"),
    path("accounts/password_add/", passwords.password_add, name="account_set_password"),
    path("accounts/password_reset/", passwords.password_reset, name="account_reset_password"),
    path(
        "accounts/reset/<uidb36>/<key>/",
        passwords.password_reset_confirm,
        name="account_reset_password_from_key",
    ),
    path("account/security/", security.security, name="mfa_index"),
    path("account/security/", security.security, name="mfa_list_webauthn"),
    path("account/security/", security.security, name="socialaccount_connections"),
    path("accounts/signup/", sign_up.signup, name="socialaccount_signup"),
]

SECOND_FACTOR = [
    path("required/", second_factor.required, name="second_factor_required"),
    path("code/", second_factor.enter_code, name="mfa_authenticate"),
    path("confirm/", second_factor.confirm_by_code, name="mfa_reauthenticate"),
    path("confirm/passkey/", second_factor.confirm_by_passkey, name="mfa_reauthenticate_webauthn"),
    path("app/add/", second_factor.add_app, name="mfa_activate_totp"),
    path("app/remove/", second_factor.remove_app, name="mfa_deactivate_totp"),
    path("passkeys/add/", second_factor.add_passkey, name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/remove/", second_factor.remove_passkey, name="mfa_remove_webauthn"),
    path("recovery-codes/", second_factor.show_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/new/", second_factor.new_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path(
        "recovery-codes.txt",
        second_factor.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]

SOCIAL = [
    path("google/login/", social_sign_in.google_login, name="google_login"),
    path("google/login/callback/", social_sign_in.google_callback, name="google_callback"),
    path("github/login/", social_sign_in.github_login, name="github_login"),
    path("github/login/callback/", social_sign_in.github_callback, name="github_callback"),
    path("yandex/login/", social_sign_in.yandex_login, name="yandex_login"),
    path("yandex/login/callback/", social_sign_in.yandex_callback, name="yandex_callback"),
    path("vk/login/", social_sign_in.vk_login, name="vk_login"),
    path("vk/login/callback/", social_sign_in.vk_callback, name="vk_callback"),
    path(
        "openid/<slug:provider_id>/login/", social_sign_in.oidc_login, name="openid_connect_login"
    ),
    path(
        "openid/<slug:provider_id>/login/callback/",
        social_sign_in.oidc_callback,
        name="openid_connect_callback",
    ),
    path("social/canceled/", social_sign_in.canceled, name="socialaccount_login_cancelled"),
    path("social/failed/", social_sign_in.failed, name="socialaccount_login_error"),
]

urlpatterns = [
    path("accounts/", include(SOCIAL)),
    path("accounts/2fa/", include(SECOND_FACTOR)),
    path("accounts/login/", sign_in.login, name="login"),
    path("accounts/logout/", sign_in.logout, name="logout"),
    path("accounts/signup/", sign_up.signup, name="signup"),
    path("accounts/signup/sent/", sign_up.signup_sent, name="signup_sent"),
    path("accounts/invitation/<str:token>/", sign_up.invitation, name="invitation"),
    path("accounts/signup/service/", sign_up.signup_service, name="signup_service"),
    path("accounts/documents/", consents.accept_documents, name="accept_documents"),
    path("accounts/signup/<str:token>/", sign_up.signup_finish, name="signup_finish"),
    path("accounts/password_change/", passwords.password_change, name="password_change"),
    path("accounts/password_add/", passwords.password_add, name="password_add"),
    path("accounts/reauthenticate/", passwords.reauthenticate, name="account_reauthenticate"),
    path("accounts/email/", email_change.change_email, name="change_email"),
    path("accounts/email/sent/", email_change.change_email_sent, name="change_email_sent"),
    path("accounts/email/<str:token>/", email_change.confirm_email, name="confirm_email"),
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
    path("account/ledger/", ledger.ledger, name="ledger"),
    path("account/ledger.csv", ledger.ledger_csv, name="ledger_csv"),
    path("account/statement.csv", ledger.statement_csv, name="statement_csv"),
    path("account/get-credits/", get_credits.get_credits, name="get_credits"),
    path(
        "account/get-credits/withdraw/",
        get_credits.withdraw_credit_request,
        name="withdraw_credit_request",
    ),
    path("account/voucher/", get_credits.redeem_voucher, name="redeem_voucher"),
    path("account/profile/", profile.profile, name="profile"),
    path("account/time-zone/", profile.set_time_zone, name="set_time_zone"),
    path("account/security/", security.security, name="security"),
    path("account/security/sign-out/", security.end_session, name="end_session"),
    path(
        "account/security/sign-out-others/", security.end_other_sessions, name="end_other_sessions"
    ),
    path("account/security/disconnect/", social_sign_in.disconnect, name="disconnect_service"),
    path("nginx/sender/", nginx_sender.sender, name="sender"),
    path(
        "nginx/sender/t/<str:token>/<path:rest>",
        nginx_sender.path_token_sender,
        name="path_token_sender",
    ),
    path("account/tokens/", tokens.token_list, name="tokens"),
    path("account/tokens/revoke/", tokens.revoke_token, name="revoke_token"),
    *ALLAUTH_NAMES,
]
