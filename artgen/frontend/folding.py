"""Templates whose fixed parts are rendered once for each language instead of with every page.

A page has about a hundred tags whose result never changes while the process lives: `{% translate "Gallery" %}`,
`{% url "gallery" %}`, `{% static "…" %}`, `{% icon "heart" %}`. Django evaluates each of them with each page, and they
were a third of a page's time. Here they become text when a template is loaded, as if it had been written so.
"""

from collections.abc import Iterator
from typing import Any

from django.template import Context, Template
from django.template.base import FilterExpression, Node, NodeList, TextNode, Variable
from django.template.defaulttags import (
    AutoEscapeControlNode,
    CommentNode,
    IfNode,
    LoadNode,
    URLNode,
)
from django.template.library import SimpleNode
from django.template.loaders import base, cached
from django.templatetags.i18n import LanguageNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch
from django.utils.translation import get_language

from artgen.templatetags.theme import icon


class _Folded(base.Loader):
    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template = super().get_template(template_name, skip)
        fold(template.nodelist)
        return template


class Loader(cached.Loader, _Folded):
    """Django's cached loader; it keeps each template once for each language, with its fixed parts rendered."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        """Return under which key the template is kept."""
        return f"{get_language()}:{super().cache_key(template_name, skip)}"


def fold(nodes: NodeList) -> None:
    """Render what is fixed of a compiled template, in the language that is active now."""
    folded: list[Node] = []
    for node in nodes:
        text = _text_of(node)
        if text is None:
            for children in _inside(node):
                fold(children)
            folded.append(node)
        elif folded and isinstance(folded[-1], TextNode):
            folded[-1] = TextNode(folded[-1].s + text)
        else:
            folded.append(TextNode(text))
    nodes[:] = folded


def _text_of(node: Node) -> str | None:
    """Return what the node renders whatever the context, None where that depends on it."""
    if isinstance(node, TextNode):
        return node.s
    if not _is_fixed(node):
        return None
    try:
        return node.render(Context())
    except (NoReverseMatch, ValueError):
        return None  # perhaps never rendered; if it is, the page says what is wrong


def _is_fixed(node: Any) -> bool:
    if isinstance(node, LoadNode | CommentNode):
        return True
    if isinstance(node, TranslateNode):
        context = node.message_context
        return (
            not node.asvar
            and _is_literal(node.filter_expression)
            and (context is None or _is_literal(context))
        )
    if isinstance(node, URLNode):
        return not (node.asvar or node.args or node.kwargs) and _is_literal(node.view_name)
    if isinstance(node, StaticNode):
        return not node.varname and _is_literal(node.path)
    if isinstance(node, SimpleNode):
        return (
            node.func is icon
            and not node.target_var
            and not node.kwargs
            and all(map(_is_literal, node.args))
        )
    return False


def _is_literal(expression: FilterExpression) -> bool:
    value: Any = expression.var
    return not expression.filters and (not isinstance(value, Variable) or value.literal is not None)


def _inside(node: Any) -> Iterator[NodeList]:
    if isinstance(node, IfNode):
        yield from (nodes for _condition, nodes in node.conditions_nodelists)
    # Elsewhere text is not escaped, or the language is another one.
    elif not isinstance(node, LanguageNode | AutoEscapeControlNode):
        yield from (nodes for name in node.child_nodelists if (nodes := getattr(node, name, None)))
