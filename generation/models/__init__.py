"""Database models: image models and styles, jobs, images, uploads, collections, sheets.

Only `jobs.engine.lifecycle` writes `Job.status` and `Job.due_at`. Images are created by
`jobs.engine.storing`, copies of shared ones by `gallery.sharing`; they are changed by
`gallery.own_images` and `gallery.notes`. Tags are written by `gallery.tagging`, collections by
`gallery.collections`, links and visibility of an image, and publications, by `gallery.sharing`,
prompt reviews by `moderation.prompt_reviews`, sums of what was spent
by `jobs.budgets.spending`, calls of the prompt helper by `studio.prompt_helper.credit_charges`,
sheets and word lists by `generation.studio.comparisons`.
"""

from generation.models.alerts import Alert, AlertNews
from generation.models.announcements import Announcement
from generation.models.backups import BackupRecord
from generation.models.budgets import Budget, Period, Spending
from generation.models.collections import Collection, CollectionImage, CollectionQuerySet
from generation.models.endpoints import Endpoint, EndpointQuerySet, Place, ProviderName
from generation.models.exports import Export, ExportQuerySet
from generation.models.expressions import Counted
from generation.models.generation_switch import GenerationSwitch
from generation.models.idempotency_keys import IdempotencyKey
from generation.models.image_models import ImageModel, ImageModelQuerySet
from generation.models.images import (
    Image,
    ImageQuerySet,
    Upload,
    UploadQuerySet,
    Visibility,
    seen_by,
    tag_names,
)
from generation.models.job_events import JobEvent
from generation.models.jobs import (
    ACTIVE,
    AT_PROVIDER,
    CHARGED,
    ENDED_WITHOUT_IMAGES,
    FINAL,
    STUCK_AFTER,
    TOO_DEAR,
    Job,
    JobQuerySet,
    Status,
)
from generation.models.moderation import (
    Category,
    ModerationRule,
    PromptReview,
    PromptReviewQuerySet,
    ReviewState,
    RuleAction,
    RuleKind,
    RulesVersion,
    TrustedAuthor,
)
from generation.models.outages import (
    OutageKind,
    ProviderOutage,
    ProviderOutageQuerySet,
    open_endpoints,
)
from generation.models.presets import FavoriteModel, OwnStyle, Preset
from generation.models.prompt_calls import PromptCall, PromptSpending
from generation.models.saved_images import SavedImage
from generation.models.sharing import (
    OPEN,
    TO_REVIEW,
    Publication,
    PublicationQuerySet,
    PublicationState,
    Report,
)
from generation.models.sheets import Sheet, WordList
from generation.models.styles import Style
from generation.models.tags import ImageTag, Tag, TagQuerySet
from generation.models.unread_replies import UnreadReply
