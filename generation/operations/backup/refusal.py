"""Why a backup or a restoration cannot continue."""

from artgen.refusals import Refusal


class BackupRefused(Refusal):
    """A backup or restoration stopped; what was complete before is as it was."""

    code = "backup_refused"
    status = 500
