"""`deploy/publish.py`: static files of two versions side by side."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings


@pytest.mark.slow
class TestPublish:
    def test_it_adds_what_is_new_replaces_what_changed_and_keeps_the_rest(self) -> None:
        with TemporaryDirectory() as name:
            old, new, goal = (Path(name) / part for part in ("old", "new", "goal"))
            for folder, texts in (
                (old, {"base.0123456789ab.css": "old", "base.css": "old"}),
                (new, {"js/live.ba9876543210.js": "new", "base.css": "new"}),
            ):
                for path, text in texts.items():
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_text(text)
            for source in (old, new):
                command = [
                    sys.executable,
                    settings.BASE_DIR / "deploy" / "publish.py",
                    source,
                    goal,
                ]
                subprocess.run(command, check=True)
            there = {
                str(file.relative_to(goal)): file.read_text()
                for file in goal.rglob("*")
                if file.is_file()
            }
        assert there == {
            "base.0123456789ab.css": "old",
            "base.css": "new",
            "js/live.ba9876543210.js": "new",
        }
