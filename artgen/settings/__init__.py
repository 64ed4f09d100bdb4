"""ArtGen's settings, by concern. deploy/env.example describes each environment variable."""

from artgen.settings.accounts import *
from artgen.settings.api import *
from artgen.settings.applications import *
from artgen.settings.content_security_policy import *
from artgen.settings.database import *
from artgen.settings.email import *
from artgen.settings.files import *
from artgen.settings.image_servers import *
from artgen.settings.jobs import *
from artgen.settings.languages import *
from artgen.settings.observability import *
from artgen.settings.prices import *
from artgen.settings.programs import *
from artgen.settings.prompt_helper import *
from artgen.settings.rate_limits import *
from artgen.settings.redis import *
from artgen.settings.retention import *
from artgen.settings.runpod import *
from artgen.settings.security import *
from artgen.settings.sessions import *
from artgen.settings.site import *
from artgen.settings.tasks import *
from artgen.settings.waiting_threads import *
from artgen.settings.wavespeed import *
from artgen.settings.webhooks import *
