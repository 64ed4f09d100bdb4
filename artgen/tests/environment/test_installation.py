"""Advice names commands that work where ArtGen is installed."""

import pytest

from artgen.environment import installation

COMPOSE_SECRETS = "/config/secret_key"


@pytest.mark.parametrize(
    ("environ", "name", "words"),
    [
        ({"SECRET_KEY_FILE": COMPOSE_SECRETS}, "compose", "docker compose up -d backend"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes", "deployment/web"),
        ({"DATABASE_URL": "postgres:///artgen"}, "stack", "make stack PROCESSES='web'"),
        ({"DATABASE_URL_FILE": "/run/secrets/url"}, "stack", "make stack"),
        ({}, "demo", "make run"),
    ],
)
def test_it_knows_how_it_runs(environ: dict[str, str], name: str, words: str) -> None:
    found = installation.current(environ)
    assert found.name == name
    assert words in found.started("web")
    assert found.command("doctor").startswith("`")
    assert found.command("doctor").endswith(" doctor`")
    for text in (
        found.settings,
        found.release,
        found.server("redis"),
        found.started("drive", "slow"),
    ):
        assert "{" not in text
