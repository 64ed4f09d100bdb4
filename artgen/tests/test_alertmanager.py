"""Alertmanager's configuration, made from the environment."""

import json
import os
import subprocess
import sys

from django.conf import settings

from deploy.alertmanager import configuration

MAIL = {
    "EMAIL_URL": "smtp+tls://user%40x:pass%2Fword@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "ArtGen <art@example.org>",
    "ALERT_EMAILS": "a@example.org, b@example.org",
}


def receiver(**environ: str) -> dict[str, object]:
    found = configuration(environ)
    (one,) = found["receivers"]
    assert found["route"]["receiver"] == one["name"]
    return {name: value for name, value in one.items() if name != "name"}


def test_it_tells_nobody_while_artgen_does() -> None:
    assert receiver(**MAIL) == {}
    assert receiver(**MAIL, ALERTS="true") == {}


def test_it_tells_the_addresses_otherwise() -> None:
    (mail,) = receiver(**MAIL, ALERTS="false")["email_configs"]
    assert mail["to"] == "a@example.org, b@example.org"
    assert (mail["smarthost"], mail["require_tls"]) == ("mail.example.org:587", True)
    assert (mail["auth_username"], mail["auth_password"]) == ("user@x", "pass/word")
    assert receiver(ALERTS="false", ALERT_EMAILS="a@x.org", EMAIL_URL="consolemail://") == {}
    assert receiver(**{**MAIL, "ALERT_EMAILS": "none"}, ALERTS="false") == {}


def test_it_tells_telegram_or_anything_like_slack() -> None:
    address = "https://api.telegram.org/bot12:ab/sendMessage?chat_id=-42"
    (telegram,) = receiver(ALERTS="false", ALERT_WEBHOOK_URL=address)["telegram_configs"]
    assert (telegram["bot_token"], telegram["chat_id"]) == ("12:ab", -42)
    address = "https://hooks.slack.com/services/x"
    (slack,) = receiver(ALERTS="false", ALERT_WEBHOOK_URL=address)["slack_configs"]
    assert slack["api_url"] == address


def test_it_prints_valid_yaml_with_an_empty_environment() -> None:
    printed = subprocess.run(
        [sys.executable, "deploy/alertmanager.py"],
        cwd=settings.BASE_DIR, env={"PATH": os.environ["PATH"]}, check=True, capture_output=True,
    ).stdout  # fmt: skip
    assert json.loads(printed)["receivers"] == [{"name": "operators"}]
