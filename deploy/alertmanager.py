"""Print Alertmanager's configuration, made from the environment: `python deploy/alertmanager.py`.

With ALERTS=false Alertmanager tells ALERT_EMAILS through the mail server of EMAIL_URL, and
ALERT_WEBHOOK_URL (Telegram, or anything that takes Slack's format). Otherwise ArtGen does, and
Alertmanager only shows alerts. JSON is valid YAML:
https://prometheus.io/docs/alerting/latest/configuration/
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TEXT = "{{ range .Alerts }}{{ .Status }}: {{ .Annotations.summary }}\n{{ end }}"
IMPLICIT_TLS = 465  # Alertmanager speaks TLS at once on this port only


def configuration(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration."""
    receiver: dict[str, Any] = {"name": "operators"}
    tells = environ.get("ALERTS", "").lower() in ("false", "0", "no", "off")
    addresses = re.split("[, ]+", environ.get("ALERT_EMAILS", "").strip())
    emails = [each for each in addresses if each not in ("", "none")]
    if tells and emails and (mail := mail_server(environ)):
        receiver["email_configs"] = [
            {"to": ", ".join(emails), "send_resolved": True, "text": TEXT, **mail}
        ]
    if tells and (address := environ.get("ALERT_WEBHOOK_URL")):
        receiver |= webhook(address)
    return {
        "route": {
            "receiver": "operators",
            "group_by": ["alertname"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "24h",
        },
        # Nothing else can be measured then.
        "inhibit_rules": [
            {"source_matchers": ["alertname = Down"], "target_matchers": ["alertname != Down"]}
        ],
        "receivers": [receiver],
    }


def mail_server(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return Alertmanager's settings for EMAIL_URL; empty if it names no SMTP server."""
    url = urlsplit(environ.get("EMAIL_URL", ""))
    if not url.scheme.startswith("smtp") or not url.hostname:
        return {}
    is_ssl, is_tls = "ssl" in url.scheme or url.scheme == "smtps", "tls" in url.scheme
    port = url.port or (IMPLICIT_TLS if is_ssl else 587 if is_tls else 25)
    sender = environ.get("DEFAULT_FROM_EMAIL") or "ArtGen <artgen@localhost>"
    found: dict[str, Any] = {
        "smarthost": f"{url.hostname}:{port}",
        "from": sender,
        "require_tls": is_tls,
    }
    if url.username:
        found["auth_username"] = unquote(url.username)
        found["auth_password"] = unquote(url.password or "")
    return found


def webhook(address: str) -> dict[str, Any]:
    """Return the receiver for this address."""
    url = urlsplit(address)
    token = re.fullmatch(r"/bot([^/]+)/sendMessage", url.path)
    chat = parse_qs(url.query).get("chat_id", [""])[0]
    if token and re.fullmatch(r"-?\d+", chat):
        telegram: dict[str, Any] = {
            "bot_token": token[1],
            "chat_id": int(chat),
            "message": TEXT,
            "parse_mode": "",
        }
        if url.hostname != "api.telegram.org":
            telegram["api_url"] = f"{url.scheme}://{url.netloc}"
        return {"telegram_configs": [telegram]}
    return {"slack_configs": [{"api_url": address, "send_resolved": True, "text": TEXT}]}


if __name__ == "__main__":
    json.dump(configuration(os.environ), sys.stdout, indent=2, ensure_ascii=False)
