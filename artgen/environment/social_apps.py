"""Other services with which users can sign in, from the environment: none unless it names them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from artgen.environment.env import Environment

# Where the browser goes to sign in: pages allow forms to be sent there.
ORIGINS = {
    "google": ("https://accounts.google.com",),
    "yandex": ("https://oauth.yandex.ru", "https://oauth.yandex.com"),
    "vk": ("https://id.vk.ru", "https://id.vk.com"),
    "github": ("https://github.com",),
}
SCOPES = {"google": ["profile", "email"], "github": ["user:email"]}


@dataclass(frozen=True)
class SocialClient:
    """What a service knows ArtGen by."""

    provider: str
    name: Promise | str
    client_id: str
    secret: str


def read(env: Environment) -> dict[str, dict[str, Any]]:
    """Return SOCIALACCOUNT_PROVIDERS of allauth: those with a client ID.

    `OIDC_…` is any provider of OpenID Connect; OIDC_SERVER_URL is its issuer.
    """
    clients = (
        SocialClient(
            "google",
            "Google",
            env.str("GOOGLE_CLIENT_ID", default=""),
            env.str("GOOGLE_CLIENT_SECRET", default=""),
        ),
        SocialClient(
            "yandex",
            gettext_lazy("Yandex ID"),
            env.str("YANDEX_CLIENT_ID", default=""),
            env.str("YANDEX_CLIENT_SECRET", default=""),
        ),
        SocialClient(
            "vk",
            "VK ID",
            env.str("VK_CLIENT_ID", default=""),
            env.str("VK_CLIENT_SECRET", default=""),
        ),
        SocialClient(
            "github",
            "GitHub",
            env.str("GITHUB_CLIENT_ID", default=""),
            env.str("GITHUB_CLIENT_SECRET", default=""),
        ),
        SocialClient(
            "openid_connect",
            env.str("OIDC_NAME", default="OpenID Connect"),
            env.str("OIDC_CLIENT_ID", default=""),
            env.str("OIDC_CLIENT_SECRET", default=""),
        ),
    )
    server_url = env.str("OIDC_SERVER_URL", default="")
    return {client.provider: _config(client, server_url) for client in clients if client.client_id}


def _config(client: SocialClient, server_url: str) -> dict[str, Any]:
    app: dict[str, Any] = {
        "name": client.name,
        "client_id": client.client_id,
        "secret": client.secret,
    }
    if client.provider == "openid_connect":
        app |= {"provider_id": "oidc", "settings": {"server_url": server_url}}
    scope = {"SCOPE": SCOPES[client.provider]} if client.provider in SCOPES else {}
    return {"APPS": [app], "OAUTH_PKCE_ENABLED": True, **scope}


def names(providers: dict[str, dict[str, Any]]) -> list[str]:
    """Return the name of each service, as in the addresses of its pages."""
    apps = ((name, app) for name, config in providers.items() for app in config["APPS"])
    return [app.get("provider_id", name) for name, app in apps]


def form_targets(providers: dict[str, dict[str, Any]]) -> list[str]:
    """Return the origins to which the buttons of these providers lead."""
    origins = [origin for provider in providers for origin in ORIGINS.get(provider, ())]
    if "openid_connect" in providers:
        (app,) = providers["openid_connect"]["APPS"]
        url = urlsplit(app["settings"]["server_url"])
        origins.append(f"{url.scheme}://{url.netloc}")
    return origins
