"""The form with which staff invite people by email."""

import re
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.access import invitations
from accounts.credits import ledger
from accounts.forms.bans import MinuteInput
from accounts.models import fold
from artgen.web import years

SEPARATORS = re.compile(r"[\n\r,;\t]+")
MAX_SHOWN = 5  # wrong addresses in the error


class InviteForm(forms.Form):
    """Addresses, one or many; starting credits; an end; the language of the emails."""

    addresses = forms.CharField(
        label=_("Emails"),
        max_length=invitations.MAX_AT_ONCE * 320,
        widget=forms.Textarea(attrs={"rows": 8, "autofocus": True}),
        help_text=_("One or many, separated by lines, commas or semicolons."),
    )
    credits = forms.IntegerField(
        label=_("Starting credits"), min_value=0, max_value=ledger.MAX_CREDITS
    )
    expires_at = forms.DateTimeField(
        label=_("Valid until"), widget=MinuteInput, validators=[years.validate]
    )
    language = forms.ChoiceField(label=_("Language of the email"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        initial = {
            "credits": settings.INVITATION_CREDITS,
            "expires_at": timezone.now() + timedelta(days=invitations.DAYS),
            "language": get_language(),
        }
        super().__init__(*args, **{**kwargs, "initial": {**initial, **kwargs.get("initial", {})}})

    def clean_addresses(self) -> list[str]:
        """Return the normalized addresses, each once; "Name <address>" is accepted, too."""
        addresses, wrong = {}, []
        for part in SEPARATORS.split(self.cleaned_data["addresses"]):
            for text in [part] if "<" in part or not part.strip() else part.split():
                if not text.strip():
                    continue
                address = fold(parseaddr(text)[1] if "<" in text else text)
                try:
                    validate_email(address)
                except ValidationError:
                    wrong.append(text.strip())
                else:
                    addresses[address] = True
        if wrong:
            shown = ", ".join(text[:80] for text in wrong[:MAX_SHOWN])
            if len(wrong) > MAX_SHOWN:
                shown += "…"
            text = ngettext(
                "Not an email: %(shown)s. Nothing was sent.",
                "%(count)d of these aren’t emails: %(shown)s. Nothing was sent.",
                len(wrong),
            )
            raise ValidationError(text % {"count": len(wrong), "shown": shown}, code="invalid")
        if not addresses:
            raise ValidationError(_("Enter at least one email."), code="required")
        if len(addresses) > invitations.MAX_AT_ONCE:
            text = _("Enter up to %(limit)d emails at once.")
            raise ValidationError(text % {"limit": invitations.MAX_AT_ONCE}, code="too_many")
        return list(addresses)

    def clean_expires_at(self) -> Any:
        """Return the end; refuse one in the past."""
        end = self.cleaned_data["expires_at"]
        if end <= timezone.now():
            raise ValidationError(_("Enter a time in the future."), code="past")
        return end
