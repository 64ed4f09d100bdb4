"""How long somebody stays signed in, and by which cookie."""

from artgen.settings.site import HTTPS

SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_ENGINE = "accounts.sessions.session_store"
ACCOUNT_SESSION_REMEMBER = True
