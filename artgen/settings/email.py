"""Emails."""

from artgen.environment.env import env

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ArtGen <artgen@localhost>")
EMAIL_URL = env.server(
    "EMAIL_URL",
    env.EMAIL_SCHEMES,
    example="smtp+tls://USER:PASSWORD@HOST:587",
    default="consolemail://",
)
EMAIL_TIMEOUT = 10
vars().update(env.email_url_config(EMAIL_URL))
