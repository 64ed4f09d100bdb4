"""Keyboard shortcuts: the declaration, and the page that lists them."""

import json
import re
from collections import Counter
from pathlib import Path

from django.contrib.staticfiles import finders

from artgen.web.shortcuts import BINDINGS, SECTIONS
from generation.testing.cases import BaseTestCase


def test_it_declares_each_name_once():
    names = [one.name for section in SECTIONS for one in section.shortcuts if one.name]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert set(names) == set(BINDINGS)


def test_it_gives_no_key_two_meanings_in_one_part_of_the_site():
    for section in SECTIONS:
        keys = Counter(key for one in section.shortcuts if one.name for key in one.keys)
        assert [key for key, count in keys.items() if count > 1] == [], section.title


def test_it_lists_every_key_of_the_image_page():
    (listed,) = (one for one in SECTIONS if any(s.name == "newer" for s in one.shortcuts))
    script = Path(finders.find("generation/image.js")).read_text()
    pressed = re.findall(
        r"^  (\w+): ", script.partition("const PRESSES = {")[2].split("}")[0], re.M
    )
    assert "trash" in pressed
    keys = {shortcut.keys for shortcut in listed.shortcuts}
    assert [name for name in pressed if BINDINGS[name] not in keys] == []


class TestShortcuts(BaseTestCase):
    def test_it_lists_all_and_those_of_staff_to_staff(self):
        page = self.client.get("/shortcuts/").content.decode()
        assert page.count("<dt>") == sum(len(one.shortcuts) for one in SECTIONS if not one.is_staff)
        assert "Approve and trust the author" not in page
        self.client.force_login(self.staff)
        assert "Approve and trust the author" in self.client.get("/shortcuts/").content.decode()

    def test_it_tells_the_scripts_the_same_keys(self):
        page = self.client.get("/shortcuts/").content.decode()
        found = page.partition('<script id="shortcut-keys" type="application/json">')[2]
        told = json.loads(found.partition("</script>")[0])
        assert told["page"] == "/shortcuts/"
        assert {name: tuple(keys) for name, keys in told["keys"].items()} == BINDINGS
