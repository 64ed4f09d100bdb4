"""What pages may load, and where their forms may lead."""

from csp.constants import NONE, SELF

from artgen.environment import social_apps
from artgen.settings.accounts import SOCIALACCOUNT_PROVIDERS
from artgen.settings.files import S3_BUCKET, S3_ENDPOINT_URL, S3_PUBLIC_URL
from artgen.settings.site import PUBLIC_URL

_bucket_url = f"{S3_PUBLIC_URL.rstrip('/')}/" if S3_PUBLIC_URL else S3_ENDPOINT_URL
_image_sources = (
    [_bucket_url, _bucket_url.replace("://", f"://{S3_BUCKET}.")] if S3_BUCKET else [PUBLIC_URL]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *_image_sources],
        "connect-src": [SELF, PUBLIC_URL.replace("http", "ws", 1)],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        # A form's redirect counts, too: the buttons of other services lead there.
        "form-action": [SELF, *social_apps.form_targets(SOCIALACCOUNT_PROVIDERS)],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
