"""Accounts, sign-in and starting credits."""

from django.core.exceptions import ImproperlyConfigured

from artgen.environment import legal, social_apps
from artgen.environment.env import BASE_DIR, env
from artgen.settings.languages import LANGUAGES
from artgen.settings.site import HTTPS

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "create"
LOGOUT_REDIRECT_URL = "start"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# The first one makes new hashes; a sign-in replaces those of the others.
PASSWORD_HASHERS = [
    "accounts.access.password_hasher.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# django-allauth signs in, changes and resets passwords. Texts, emails and limits are ours: see
# accounts.access.allauth_adapter.
ACCOUNT_ADAPTER = "accounts.access.allauth_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# An account exists only after its address is confirmed (accounts.views.sign_up).
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.emails.password_reset_links.ResetTokens"  # noqa: S105 a class
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = False  # accounts.limits.rate_limits and sign_in_attempts count
# Who must use two-factor authentication: nobody, staff or everybody. Others may.
MFA_REQUIRED = env.str("MFA_REQUIRED", default="nobody")
MFA_ADAPTER = "accounts.sessions.second_factor_rules.MFAAdapter"
MFA_FORMS = {
    "activate_totp": "accounts.forms.second_factor.AddAppForm",
    "add_webauthn": "accounts.forms.second_factor.AddPasskeyForm",
    "authenticate_webauthn": "accounts.forms.second_factor.PasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.second_factor.ConfirmByPasskeyForm",
    "authenticate": "accounts.forms.second_factor.SecondFactorForm",
    "reauthenticate": "accounts.forms.second_factor.ConfirmByCodeForm",
}
# Browsers offer passkeys only to https pages and to localhost.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_TOLERANCE = 1  # of 30 s: clocks of phones differ
MFA_ALLOW_UNVERIFIED_EMAIL = True  # every address is confirmed, see ACCOUNT_EMAIL_VERIFICATION
MFA_RATE_LIMITS = False
# Other services that sign users in, if the environment names them.
SOCIALACCOUNT_ADAPTER = "accounts.access.social_sign_in.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = social_apps.read(env)
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_REQUIRED = False  # accounts.access.social_sign_in requires a verified one
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
# Who may create an account: everyone with an email; who was invited; who has an email at
# SIGN_UP_DOMAINS or was invited; nobody (staff create accounts, and invitations do not work).
SIGN_UP = env.word("SIGN_UP", ("open", "invitation", "domain", "closed"), default="open")
SIGN_UP_DOMAINS = [
    domain.strip().lower().removeprefix("@") for domain in env.list("SIGN_UP_DOMAINS", default=[])
]
if SIGN_UP == "domain" and not SIGN_UP_DOMAINS:
    raise ImproperlyConfigured("SIGN_UP=domain needs SIGN_UP_DOMAINS, such as example.org.")
# Which ways sign in, and which of these open accounts: "password" and names of services. Empty: all
# that are set up.
SIGN_IN_WITH = frozenset(env.list("SIGN_IN_WITH", default=[]))
SIGN_UP_WITH = frozenset(env.list("SIGN_UP_WITH", default=[]))
_WAYS = {"password", *social_apps.names(SOCIALACCOUNT_PROVIDERS)}
if _unknown := sorted((SIGN_IN_WITH | SIGN_UP_WITH) - _WAYS):
    raise ImproperlyConfigured(
        f"SIGN_IN_WITH or SIGN_UP_WITH names {', '.join(_unknown)}; set up are: "
        f"{', '.join(sorted(_WAYS))}."
    )
# Starting credits: of everyone, of who was invited, of an address at SIGN_UP_DOMAINS.
DEFAULT_CREDITS = env.int("DEFAULT_CREDITS", default=50)
INVITATION_CREDITS = env.int("INVITATION_CREDITS", default=DEFAULT_CREDITS)
DOMAIN_CREDITS = env.int("DOMAIN_CREDITS", default=DEFAULT_CREDITS)
# Documents that everybody accepts: `artgen.environment.legal` has their form.
LEGAL_DOCUMENTS = legal.read(BASE_DIR / "deploy" / "legal", [code for code, _name in LANGUAGES])
# How to reach the people who run this site: an email, a link or any text; shown where it helps.
CONTACT = env.str("CONTACT", default="").strip()
