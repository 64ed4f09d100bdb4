"""Values of the setting SIGN_UP: who may create an account."""

# Everyone who has an email.
OPEN = "open"
# Only who was invited.
INVITATION = "invitation"
# Everyone with an email at SIGN_UP_DOMAINS, and who was invited.
DOMAIN = "domain"
# Sign-up is off; invitations do not work either. Staff create accounts.
CLOSED = "closed"

ALL = (OPEN, INVITATION, DOMAIN, CLOSED)
