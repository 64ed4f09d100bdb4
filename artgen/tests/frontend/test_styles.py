"""The style sheets of all pages, the vendored ones aside."""

import re
from itertools import chain

from django.conf import settings

STATIC = [settings.BASE_DIR / name / "static" for name in ("accounts", "artgen", "generation")]
DECLARED = re.compile(r"(?<!\()(--[\w-]+)\s*:")
USED = re.compile(r"var\((--[\w-]+)\s*(,?)")
SET_BY_SCRIPTS = re.compile(r"""setProperty\(\s*["'](--[\w-]+)""")


def test_they_use_no_variable_that_is_not_declared() -> None:
    """Browsers ignore a declaration with such a variable: its line or color is missing."""
    files = [*chain.from_iterable(folder.rglob("*.css") for folder in STATIC)]
    scripts = [*chain.from_iterable(folder.rglob("*.js") for folder in STATIC)]
    texts = [re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL) for file in files]
    declared = {name for text in texts for name in DECLARED.findall(text)}
    declared |= {name for file in scripts for name in SET_BY_SCRIPTS.findall(file.read_text())}
    used = {name for text in texts for name, default in USED.findall(text) if not default}
    assert len(used) > 20
    assert sorted(used - declared) == []
