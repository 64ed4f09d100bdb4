"""Small parts of pages that templates call like functions."""

from collections.abc import Iterable
from typing import Any

from jinja2 import Undefined
from markupsafe import Markup, escape

from artgen.templatetags.theme import icon


def icon_button(
    symbol: str,
    label: str,
    *,
    key: str = "",
    classes: str = "icon-button",
    icon_classes: str = "",
    **attributes: Any,
) -> Markup:
    """Return a button that is an icon, or a link if it has `href`.

    The tooltip is `label` with the `key` that does the same, unless `title` is another.
    """
    tag = "a" if "href" in attributes else "button"
    if tag == "button":
        attributes = {"type": "button"} | attributes
    title = Markup("{} · {}").format(label, key) if key else label
    attributes = {"title": title} | attributes | {"aria_label": label}
    return Markup('<{0} class="{1}"{2}>{3}</{0}>').format(
        tag, classes, _attributes(attributes), icon(symbol, icon_classes)
    )


def error_line(
    errors: str | Iterable[str] | None, *, always: bool = False, **attributes: Any
) -> Markup:
    """Return the line below a field that says what is wrong, "" if nothing is.

    `always`: hidden then, for a script to fill it.
    """
    text = errors if isinstance(errors, str) else Markup(" ").join(errors or ())
    if not text and not always:
        return Markup("")
    return Markup('<p class="error"{}>{}<span>{}</span></p>').format(
        _attributes(attributes | {"hidden": not text}), icon("circle-alert"), text
    )


def _attributes(values: dict[str, Any]) -> Markup:
    """Return attributes as HTML: True stands alone, None, False and missing values are left out."""
    return Markup("").join(
        Markup(" {}").format(name.replace("_", "-"))
        if value is True
        else Markup(' {}="{}"').format(name.replace("_", "-"), escape(value))
        for name, value in values.items()
        if value is not None and value is not False and not isinstance(value, Undefined)
    )
