"""Prometheus' configuration and rules, as promtool sees them."""

import subprocess

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "deploy" / "prometheus"
pytestmark = [pytest.mark.slow, pytest.mark.promtool]


def promtool(*arguments: str) -> str:
    outcome = subprocess.run(
        ["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


def test_it_has_a_valid_configuration_and_rules():
    assert "1 rule files found" in promtool("check", "config", "--lint-fatal", "prometheus.yml")


def test_it_fires_each_rule_when_it_should_and_not_before():
    assert "SUCCESS" in promtool("test", "rules", "rules_test.yml")
    rules, tests = ((FOLDER / name).read_text() for name in ("rules.yml", "rules_test.yml"))
    alerts = [line.split(":")[1].strip() for line in rules.splitlines() if "- alert:" in line]
    assert sorted(alerts) == sorted(name for name in alerts if f'alertname="{name}"' in tests)
