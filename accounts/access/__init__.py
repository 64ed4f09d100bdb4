"""Who gets in: sign-in, sign-up, invitations, other services, bans, a new email address."""
