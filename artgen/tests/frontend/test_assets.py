"""The names of static files in production."""

import re
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import SimpleTestCase

from artgen.frontend.assets import HashedStorage

IMPORTS = re.compile(r"""\bfrom\s*["'](\.[^"']+\.js)["']$""", re.MULTILINE)
HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")


class TestHashedStorage(SimpleTestCase):
    @pytest.mark.slow
    def test_it_imports_modules_by_names_that_say_what_is_in_them(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        storage = HashedStorage(location=folder)
        scripts = {}
        for app in ("artgen", "accounts", "generation"):
            root = settings.BASE_DIR / app / "static"
            for path in root.rglob("*.js"):
                name = path.relative_to(root).as_posix()
                scripts[name] = (storage, name)
                storage.save(name, ContentFile(path.read_bytes()))
        for _name, _hashed, processed in storage.post_process(scripts):
            assert not isinstance(processed, Exception)
        imported = {}
        for name in scripts:
            text = (folder / storage.stored_name(name)).read_text()
            for address in IMPORTS.findall(text):
                assert re.search(HASHED, address), name
                imported[name] = (folder / name).parent.joinpath(address).resolve()
                assert imported[name].is_file(), (name, address)
        # What every page loads anyway is all that a page's own script still asks for.
        base = folder / storage.stored_name("artgen/base.js")
        assert {imported[name] for name in ("generation/create.js", "generation/gallery.js")} == {
            base
        }
        assert "artgen/base.js" not in imported

    def test_it_compresses_what_pages_ask_for_and_nothing_else(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        storage = HashedStorage(location=folder)
        names = ("page.css", "vendor/library.js", "vendor/library.min.js")
        for name in names:
            storage.save(name, ContentFile(b"/* easily compressed */\n" * 100))
        for _name, _hashed, processed in storage.post_process(
            {name: (storage, name) for name in names}
        ):
            assert not isinstance(processed, Exception)
        for suffix in (".br", ".gz"):
            compressed = {
                file.relative_to(folder).as_posix() for file in folder.rglob(f"*{suffix}")
            }
            assert compressed == {
                f"{storage.stored_name(name)}{suffix}"
                for name in ("page.css", "vendor/library.min.js")
            }
