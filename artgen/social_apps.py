"""Other services with which users can sign in, from the environment: none unless it names them."""

from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from artgen.env import Environment

# Where the browser goes to sign in: pages allow forms to be sent there.
ORIGINS = {
    "google": ("https://accounts.google.com",),
    "yandex": ("https://oauth.yandex.ru", "https://oauth.yandex.com"),
    "vk": ("https://id.vk.ru", "https://id.vk.com"),
    "github": ("https://github.com",),
}
SCOPES = {"google": ["profile", "email"], "github": ["user:email"]}


NAMES = {
    "google": "Google",
    "yandex": gettext_lazy("Yandex ID"),
    "vk": "VK ID",
    "github": "GitHub",
}


def read(env: Environment) -> dict[str, dict[str, Any]]:
    """Return SOCIALACCOUNT_PROVIDERS of allauth: those with a client ID.

    `OIDC_…` is any provider of OpenID Connect; OIDC_SERVER_URL is its issuer.
    """
    providers = {}
    for provider, name in NAMES.items():
        if app := _app(env, provider.upper(), name):
            providers[provider] = _config(provider, app)
    if app := _app(env, "OIDC", env.str("OIDC_NAME", default="OpenID Connect")):
        server_url = env.str("OIDC_SERVER_URL", default="")
        app |= {"provider_id": "oidc", "settings": {"server_url": server_url}}
        providers["openid_connect"] = _config("openid_connect", app)
    return providers


def _app(env: Environment, prefix: str, name: Promise | str) -> dict[str, Any]:
    client_id = env.str(f"{prefix}_CLIENT_ID", default="")
    secret = env.str(f"{prefix}_CLIENT_SECRET", default="")
    return {"name": name, "client_id": client_id, "secret": secret} if client_id else {}


def _config(provider: str, app: dict[str, Any]) -> dict[str, Any]:
    scope = {"SCOPE": SCOPES[provider]} if provider in SCOPES else {}
    return {"APPS": [app], "OAUTH_PKCE_ENABLED": True, **scope}


def form_targets(providers: dict[str, dict[str, Any]]) -> list[str]:
    """Return the origins to which the buttons of these providers lead."""
    origins = [origin for provider in providers for origin in ORIGINS.get(provider, ())]
    if "openid_connect" in providers:
        (app,) = providers["openid_connect"]["APPS"]
        url = urlsplit(app["settings"]["server_url"])
        origins.append(f"{url.scheme}://{url.netloc}")
    return origins
