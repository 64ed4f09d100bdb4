"""Renders the constant parts of templates once per language, when a template is loaded.

A page has about a hundred tags whose result never changes: `{% translate "Gallery" %}`,
`{% url "gallery" %}`, `{% static "…" %}`, `{% icon "heart" %}`. Django evaluates them for each
page, which took a third of a page's time.
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
    """Django's cached loader, with one version of each template per language."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        return f"{get_language()}:{super().cache_key(template_name, skip)}"


def fold(nodes: NodeList) -> None:
    """Render the constant nodes of a compiled template in the active language."""
    folded: list[Node] = []
    for node in nodes:
        text = _text_of(node)
        if text is None:
            for nested in _children(node):
                fold(nested)
            folded.append(node)
        elif folded and isinstance(folded[-1], TextNode):
            folded[-1] = TextNode(folded[-1].s + text)
        else:
            folded.append(TextNode(text))
    nodes[:] = folded


def _text_of(node: Node) -> str | None:
    """Return the text of a constant node, None if it depends on the context."""
    if isinstance(node, TextNode):
        return node.s
    if not _is_constant(node):
        return None
    try:
        return node.render(Context())
    except (NoReverseMatch, ValueError):
        return None  # if the node is ever rendered, the page raises the error


def _is_constant(node: Any) -> bool:
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


def _children(node: Any) -> Iterator[NodeList]:
    if isinstance(node, IfNode):
        yield from (nodes for _condition, nodes in node.conditions_nodelists)
    # Inside these, escaping or the language differs.
    elif not isinstance(node, LanguageNode | AutoEscapeControlNode):
        yield from (nodes for name in node.child_nodelists if (nodes := getattr(node, name, None)))
