"""Keyboard shortcuts: declared once. The list that "?" opens and the scripts' handlers follow.

A new shortcut is one line of SECTIONS. Its handler asks `pressed(event, name)` of
`artgen/js/shortcuts.js`.
"""

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe


@dataclass(frozen=True)
class Shortcut:
    """One action and the keys for it.

    A key is `KeyboardEvent.key`; a letter is that of the Latin layout, also while another layout
    is active. Modifiers come first: "Mod" (Ctrl, ⌘ on a Mac), "Alt", "Shift", as in "Mod+Enter".
    """

    name: str  # for `pressed`; empty for keys that the browser or several handlers deal with
    label: Promise
    keys: tuple[str, ...]  # any of them
    shown: tuple[str, ...] = ()  # those in the list, if not all

    @property
    def combinations(self) -> list[list[str]]:
        """The keys of the list, each as its parts: [["Ctrl", "Enter"]]."""
        return [_parts(key) for key in self.shown or self.keys]


@dataclass(frozen=True)
class ShortcutSection:
    title: Promise
    shortcuts: tuple[Shortcut, ...]
    is_staff: bool = False


IMAGE_ACTS = (
    Shortcut("vary", _("Create subtle variants"), ("v",)),
    Shortcut("vary_strong", _("Create strong variants"), ("Shift+v",)),
    Shortcut("upscale", _("Upscale"), ("u",)),
    Shortcut("finish", _("Finish a draft by a better model"), ("d",)),
    Shortcut("edit_area", pgettext_lazy("action", "Edit area"), ("e",)),
    Shortcut("reuse", _("Reuse prompt"), ("r",)),
)
SECTIONS = (
    ShortcutSection(
        _("Everywhere"),
        (
            Shortcut("help", _("Show keyboard shortcuts"), ("?",)),
            Shortcut("undo", _("Undo the last move to the trash"), ("Mod+z",)),
            Shortcut("", _("Close a menu or a dialog"), ("Escape",)),
        ),
    ),
    ShortcutSection(_("Administration"), (Shortcut("", _("Search"), ("/",)),), is_staff=True),
    ShortcutSection(
        _("Review queue"),
        (
            Shortcut("review_approve", _("Approve"), ("a",)),
            Shortcut("review_reject", _("Reject: go to the reason"), ("r",)),
            Shortcut("review_trust", _("Approve and trust the author"), ("t",)),
            Shortcut("review_next", _("Next request"), ("n",)),
            Shortcut("review_reveal", _("Show or blur the images"), ("v",)),
        ),
        is_staff=True,
    ),
    ShortcutSection(
        pgettext_lazy("section", "Create"),
        (
            Shortcut("create", _("Create images"), ("Mod+Enter",)),
            Shortcut("", _("Create images, in the prompt"), ("Enter",)),
            Shortcut("", _("New line in the prompt"), ("Shift+Enter",)),
            Shortcut("draft", _("Create drafts"), ("Mod+Shift+Enter",)),
            Shortcut("earlier_prompt", _("Previous prompt"), ("Alt+ArrowUp",)),
            Shortcut("later_prompt", _("Next prompt"), ("Alt+ArrowDown",)),
            Shortcut("undo_prompt", _("Undo a replaced prompt"), ("Mod+z",)),
        ),
    ),
    ShortcutSection(
        _("Proposed prompt"),
        (
            Shortcut("take_proposal", _("Use proposal"), ("Mod+Enter",)),
            Shortcut("leave_proposal", _("Keep original"), ("Escape",)),
        ),
    ),
    ShortcutSection(
        _("Gallery, Create and the viewer"),
        (
            Shortcut("search", _("Search"), ("/",)),
            Shortcut("", _("Move between images"), ("←", "↑", "→", "↓")),
            Shortcut("", _("Open an image"), ("Enter",)),
            Shortcut("select", _("Select an image"), (" ", "x")),
            Shortcut("", _("Favorite"), ("f",)),
            *IMAGE_ACTS,
            Shortcut("", _("Copy share link"), ("s",)),
            Shortcut("", _("Zoom in"), ("z",)),
            Shortcut("", _("Select a range"), ("Shift+←", "Shift+→")),
            Shortcut("select_all", _("Select all"), ("Mod+a",)),
            Shortcut("trash", _("Move to trash"), ("Delete", "Backspace")),
            Shortcut("", _("End the selection"), ("Escape",)),
        ),
    ),
    ShortcutSection(
        _("Image page"),
        (
            Shortcut("previous", _("Previous variant"), ("ArrowLeft",)),
            Shortcut("next", _("Next variant"), ("ArrowRight",)),
            Shortcut("newer", _("Newer image"), ("Shift+ArrowLeft",)),
            Shortcut("older", _("Older image"), ("Shift+ArrowRight",)),
            Shortcut("favorite", _("Favorite"), ("f",)),
            Shortcut("share", _("Copy share link"), ("s",)),
            *(replace(one, name="") for one in IMAGE_ACTS),
            Shortcut("compare", _("Compare variants"), ("c",)),
            Shortcut("compare_source", _("Compare with the source"), ("b",)),
            Shortcut("save_note", _("Save note"), ("Mod+Enter",)),
            Shortcut("", _("Move to trash"), ("Delete", "Backspace")),
            Shortcut("back", _("Back to where the image was opened"), ("Escape",)),
        ),
    ),
    ShortcutSection(
        _("Full view"),
        (
            Shortcut("open_full_view", _("Open full view"), ("z",)),
            Shortcut("zoom_in", _("Zoom in"), ("+", "="), shown=("+",)),
            Shortcut("zoom_out", _("Zoom out"), ("-", "_", "−"), shown=("−",)),
            Shortcut("zoom_fit", _("Fit to screen"), ("0",)),
            Shortcut("", _("Move the enlarged image"), ("←", "↑", "→", "↓")),
        ),
    ),
    ShortcutSection(
        _("Edit area"),
        (
            Shortcut("brush", _("Brush"), ("b",)),
            Shortcut("lasso", _("Lasso"), ("l",)),
            Shortcut("eraser", _("Eraser"), ("e",)),
            Shortcut("hand", pgettext_lazy("tool", "Move"), ("h",)),
            Shortcut("smaller", _("Smaller brush"), ("[",)),
            Shortcut("larger", _("Larger brush"), ("]",)),
            Shortcut("undo_stroke", _("Undo"), ("Mod+z",)),
            Shortcut("redo_stroke", _("Redo"), ("Mod+Shift+z", "Mod+y")),
            Shortcut("", _("Compare with the first"), ("c",)),
            Shortcut("", _("Move the brush"), ("←", "↑", "→", "↓")),
            Shortcut("", _("Put the brush down or lift it"), (" ",)),
            Shortcut("", _("Create images"), ("Mod+Enter",)),
        ),
    ),
)

BINDINGS = {
    shortcut.name: shortcut.keys
    for section in SECTIONS
    for shortcut in section.shortcuts
    if shortcut.name
}
"""Keys by the name of their shortcut, for scripts."""


@require_safe
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Show all shortcuts; the dialog has the content of this page."""
    is_staff = getattr(request.user, "is_staff", False)
    sections = [section for section in SECTIONS if is_staff or not section.is_staff]
    return render(request, "artgen/shortcuts.html", {"sections": sections})


NAMES: dict[str, str | Promise] = {
    "Mod": "Ctrl",
    "Escape": "Esc",
    " ": _("Space"),
    "ArrowLeft": "←",
    "ArrowRight": "→",
    "ArrowUp": "↑",
    "ArrowDown": "↓",
}
"""What is printed on a key, where that is not its name."""


def _parts(key: str) -> list[str]:
    parts = key.split("+") if len(key) > 1 else [key]
    return [str(NAMES.get(part, part.upper() if len(part) == 1 else part)) for part in parts]
