"""Texts of packages that are translated here.

The theme has no Russian. Django's own says of everything that it is masculine.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

TEXTS = (
    _("After you've created a user, you’ll be able to edit more user options."),
    _("Choose file to upload"),
    _("False"),
    _("General"),
    _("Image preview"),
    _("Select action"),
    _("Select action to run"),
    _("Select record"),
    _("Select value"),
    _("Toggle password visibility"),
    _("True"),
    _("Type to search"),
)
DJANGO_TEXTS = (
    _("The {name} “{obj}” was added successfully."),
    _("The {name} “{obj}” was added successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully."),
    _("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully. You may edit it again below."),
    _("The %(name)s “%(obj)s” was deleted successfully."),
)
CHANGED = ngettext_lazy(
    "%(count)s %(name)s was changed successfully.",
    "%(count)s %(name)s were changed successfully.",
    "count",
)
