"""The resources of the REST API; each operation names its address below /api/v1/."""

from generation.api.collections import Collections
from generation.api.events import Events
from generation.api.images import Images
from generation.api.jobs import Jobs
from generation.api.models import Models, Styles
from generation.api.prompts import Prompts
from generation.api.reviews import Reviews
from generation.api.sharing import CollectionShare, Share
from generation.api.sheets import Sheets
from generation.api.status import SystemStatus
from generation.api.tags import Tags
from generation.api.uploads import Uploads

RESOURCES = (
    *(Jobs, Events, Prompts, Sheets, Images, Share, Tags),
    *(Collections, CollectionShare, Uploads, Reviews, Models, Styles, SystemStatus),
)
urlpatterns = [address for resource in RESOURCES for address in resource.addresses()]
