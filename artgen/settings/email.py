"""Emails."""

from artgen.env import env

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ArtGen <artgen@localhost>")
EMAIL_URL = env.str("EMAIL_URL", default="consolemail://")
EMAIL_TIMEOUT = 10
vars().update(env.email_url_config(EMAIL_URL))
