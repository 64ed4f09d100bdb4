"""How long things are kept, exports and backups."""

from pathlib import Path

from artgen.environment.env import env
from artgen.settings.site import DATA_DIR

TRASH_DAYS = 30
BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(DATA_DIR / "backups")))
BACKUP_FILES = env.bool("BACKUP_FILES", default=True)
BACKUP_KEEP_DAYS = env.int("BACKUP_KEEP_DAYS", default=14)
BACKUP_RECIPIENTS = env.str("BACKUP_RECIPIENTS", default="")
BACKUP_IDENTITY = env.str("BACKUP_IDENTITY", default="")
UNUSED_UPLOAD_HOURS = 24  # how long an upload is kept that no job uses
# How long jobs that ended without images are kept, and the history of all finished jobs.
JOB_RETENTION_DAYS = env.int("JOB_RETENTION_DAYS", default=90)
EXPORT_DAYS = 7  # how long the files of an export are kept
EXPORT_PART_BYTES = 512 * 1024 * 1024
ERASE_DAYS = 7  # how long a closed account can be restored before it is erased
