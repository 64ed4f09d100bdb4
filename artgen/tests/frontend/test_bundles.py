"""Bundles: modules joined into one script. Syntax that the bundler does not know is refused."""

import pytest

from artgen.frontend.bundles import CannotBundle, scripts, sheets

SHARED = {
    "artgen/base.js": 'import { wire } from "./js/menus.js"\n\nwire()\n',
    "artgen/js/menus.js": 'import { part as ask } from "./http.js"\n\nexport function wire() { ask() }\n',
    "artgen/js/http.js": "const secret = 1\n\nexport const part = () => secret\nexport async function api() {}\n",
}
PAGE = {
    "generation/page.js": (
        'import { part } from "../artgen/js/http.js"\n'
        'import { Cards } from "./js/cards.js"\nimport { draw } from "./js/draw.js"\n\ndraw(new Cards(part))\n'
    ),
    "generation/js/cards.js": 'import { draw } from "./draw.js"\n\nexport class Cards {}\ndraw(1)\n',
    "generation/js/draw.js": (
        'const secret = 2 // "import" and `export` in the text are none\nexport function draw() { return secret }\n'
    ),
}


def made(**changed: str) -> dict[str, str]:
    files = {
        **SHARED,
        **PAGE,
        **{name.replace("__", "/") + ".js": text for name, text in changed.items()},
    }
    return scripts(files, files.__getitem__)


def test_it_bundles_the_script_of_each_page_and_nothing_else():
    assert set(made()) == {"artgen/base.js", "generation/page.js"}


def test_it_imports_the_base_bundle_of_the_same_folder_by_a_relative_address():
    bundles = made(artgen__admin_keys='import { part } from "./js/http.js"\n\npart()\n')
    assert bundles["artgen/admin_keys.js"].startswith('import{$artgen_js_http}from"./base.js"')


@pytest.mark.parametrize(
    "form",
    [
        "export let count = 0",
        "export default function () {}",
        "export { draw }",
        'export * from "./draw.js"',
        'import draw from "./draw.js"',
        'import * as all from "./draw.js"',
        'import "./draw.js"',
        'import { draw } from "library"',
    ],
)
def test_it_refuses_unknown_syntax(form: str):
    with pytest.raises(CannotBundle, match=r"generation/js/cards\.js"):
        made(generation__js__cards=f"{form}\nexport class Cards {{}}\n")


def test_it_refuses_modules_that_import_each_other():
    with pytest.raises(CannotBundle, match="imports itself"):
        made(
            generation__js__draw='import { Cards } from "./cards.js"\nexport function draw() { return Cards }\n'
        )


def test_it_inlines_imported_style_sheets():
    files = {
        "artgen/all.css": '/* all */\n@import url("a.css");\n@import url("b.css");\n',
        "artgen/a.css": "a {\n  color: red;\n}\n",
        "artgen/b.css": "b > i {\n  width: calc(1px + 2px);\n}\n",
        "other/c.css": "i {}\n",
    }
    assert sheets(files, files.__getitem__) == {
        "artgen/all.css": f"/* all */\n{files['artgen/a.css']}{files['artgen/b.css']}"
    }
