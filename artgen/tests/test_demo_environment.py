"""What `manage.py demo` sets in its environment before the settings are loaded."""

import pytest

from artgen import demo_environment

RUNPOD = {"RUNPOD_API_KEY": "own-key"}


class TestDemoEnvironment:
    def test_it_derives_all_addresses_from_the_port(self):
        assert demo_environment.of(["--port", "8990", "--bare"], {}) == {
            "PORT": "8990",
            "EMULATOR_PORT": "9000",
            "PUBLIC_URL": "http://127.0.0.1:8990",
            "LOG_LEVEL": "WARNING",
            "DEFAULT_CREDITS": "100",
            "RUNPOD_API_KEY": "demo",
            "RUNPOD_API_KEY_FILE": "",
            "RUNPOD_BASE_URL": "http://127.0.0.1:9000/v2",
            "RUNPOD_IMAGE_HOSTS": "127.0.0.1:9000",
            "PROMPT_HELPER_URL": "http://127.0.0.1:9000/v2/dictionary/openai/v1",
            "PROMPT_HELPER_MODEL": "demo dictionary (stand-in)",
        }

    @pytest.mark.parametrize(
        ("arguments", "environment", "ports"),
        [
            ([], {}, ("8000", "8010")),
            ([], {"PORT": "8140", "EMULATOR_PORT": ""}, ("8140", "8150")),
            ([], {"PORT": "8140", "EMULATOR_PORT": "8141"}, ("8140", "8141")),
            (["--port=9"], {"PORT": "8140", "EMULATOR_PORT": "8141"}, ("9", "8141")),
            (["--port=9", "--emulator-port", "7"], {"EMULATOR_PORT": "8141"}, ("9", "7")),
            (["--port", "65535"], {}, ("65535", "65525")),
            (["--painter", "tiny", "--port", "9", "--seconds", "2-8"], {}, ("9", "19")),
        ],
    )
    def test_it_takes_the_ports_of_the_arguments_before_those_of_the_environment(
        self, arguments, environment, ports
    ):
        found = demo_environment.of(arguments, environment)
        assert (found["PORT"], found["EMULATOR_PORT"]) == ports
        assert found["PUBLIC_URL"] == f"http://127.0.0.1:{ports[0]}"
        assert found["RUNPOD_BASE_URL"] == f"http://127.0.0.1:{ports[1]}/v2"

    def test_it_keeps_the_address_and_log_level_of_the_environment(self):
        own = {"PUBLIC_URL": "http://demo.example.org", "LOG_LEVEL": "INFO"}
        found = demo_environment.of([], own)
        assert not own.keys() & found.keys()

    @pytest.mark.parametrize("key", [RUNPOD, {"RUNPOD_API_KEY_FILE": "/run/secrets/key"}])
    def test_it_uses_runpod_with_a_key(self, key):
        found = demo_environment.of([], {**key, "EMULATOR_PORT": "8141"})
        assert found["EMULATOR_PORT"] == "0"
        assert not [name for name in found if name.startswith(("RUNPOD", "PROMPT_HELPER"))]

    def test_it_uses_the_emulator_with_a_key_if_asked_to(self):
        found = demo_environment.of(["--emulator-port", "8141"], RUNPOD)
        assert (found["RUNPOD_API_KEY"], found["RUNPOD_BASE_URL"]) == (
            "demo",
            "http://127.0.0.1:8141/v2",
        )

    @pytest.mark.parametrize(
        ("arguments", "environment"),
        [
            (["--port", "0"], {}),
            (["--port", "many"], {}),
            (["--port"], {}),
            (["--emulator-port", "-1"], {}),
            ([], {"PORT": "65536"}),
            ([], {"EMULATOR_PORT": "x"}),
        ],
    )
    def test_it_leaves_invalid_ports_to_the_command(self, arguments, environment):
        assert demo_environment.of(arguments, environment) == {}
