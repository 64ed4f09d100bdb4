"""Texts of the admin's theme, which has no Russian: named here so that they are translated."""

from django.utils.translation import gettext_noop as _

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
