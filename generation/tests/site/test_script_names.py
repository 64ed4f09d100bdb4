"""The names by which scripts and templates know each other: `data-` attributes, ids and classes."""

import re
from functools import cache

from django.conf import settings

FOLDERS = ("artgen", "accounts", "generation")
# Of Django's admin and its theme.
FOREIGN = {"searchbar", "actions-icnt", "admin-utc-offset", "help-tooltip"}
FOREIGN |= {"select2", "select2-selection__rendered"}
# `${kind}Price` and `${kind}Credits` in prompt_helper.js.
COMPUTED = {f"{kind}-{what}" for kind in ("translate", "enhance") for what in ("price", "credits")}


@cache
def source(*suffixes: str) -> str:
    """Return the text of all our files that have one of these endings, without tests."""
    return "\n".join(
        path.read_text()
        for folder in FOLDERS
        for path in sorted((settings.BASE_DIR / folder).rglob("*"))
        if path.suffix in suffixes
        and not {"tests", "testing", "migrations", "vendor"} & set(path.parts)
        and ".min." not in path.name
    )


@cache
def words(*suffixes: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w-]+", source(*suffixes)))


def camel(name: str) -> str:
    return re.sub(r"-([a-z0-9])", lambda match: match[1].upper(), name)


def kebab(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "-" + match[0].lower(), name)


def read_data() -> set[str]:
    """Return the `data-` names that scripts read and none of them writes."""
    scripts = source(".js")
    read = {kebab(name) for name in re.findall(r"\bdataset\.(\w+)", scripts)}
    read |= set(re.findall(r"\[data-([a-z0-9-]+)", scripts))
    written = {kebab(name) for name in re.findall(r"\bdataset\.(\w+) (?:\?\?)?=[^=]", scripts)}
    written |= set(re.findall(r"""["`]data-([a-z0-9-]+)["`],""", scripts))
    return read - written


def selected(pattern: str) -> set[str]:
    """Return what the pattern finds in the selectors of scripts."""
    calls = r"(?:querySelector(?:All)?|closest|matches)\(\s*[\"`']([^\"`']*)[\"`']"
    selectors = re.findall(calls, source(".js"))
    return {name for selector in selectors for name in re.findall(pattern, selector)}


def test_it_has_each_data_attribute_that_a_script_reads_in_a_template() -> None:
    written = words(".html", ".py")
    names = {name: {name, f"data-{name}", f"data_{name.replace('-', '_')}"} for name in read_data()}
    assert [name for name, forms in names.items() if written.isdisjoint(forms)] == []


def test_it_reads_each_data_attribute_of_a_template() -> None:
    read = words(".js", ".css", ".py")
    names = set(re.findall(r"(?<=\sdata-)[a-z0-9-]+(?=[\s=>\"{])", source(".html")))
    assert [
        name
        for name in names - COMPUTED - FOREIGN
        if read.isdisjoint({name, camel(name), f"data-{name}"})
    ] == []


def test_it_has_each_id_and_class_that_a_script_selects() -> None:
    scripts = source(".js")
    names = selected(r"[#.]([A-Za-z][\w-]*)")
    names |= set(re.findall(r'getElementById\("([^"]+)"\)', scripts))
    made = "\n".join(re.findall(r"(?:\.id|className|classList\S*|HTML|cls)\b.*", scripts))
    written = words(".html", ".py") | set(re.findall(r"[\w-]+", made))
    assert sorted(names - FOREIGN - written) == []
