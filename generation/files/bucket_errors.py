"""What a failed call to the bucket means for whoever runs ArtGen: which setting or right to correct."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
from botocore.parsers import ResponseParserError
from django.conf import settings

FAILURES = (BotoCoreError, ClientError, ResponseParserError, OSError, RecursionError, ValueError)
"""What calls to the bucket raise: botocore follows a redirect without a region until Python's recursion limit."""

DENIED = ("AccessDenied", "403", "Forbidden")
MISSING_BUCKET = ("NoSuchBucket", "404", "NotFound")
KEY_HINTS = {
    "InvalidAccessKeyId": "Correct S3_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "Correct S3_SECRET_ACCESS_KEY. If it is right, correct S3_REGION.",
}
HINTS = KEY_HINTS | {
    "NoSuchBucket": "Create the bucket, or correct S3_BUCKET.",
    "InvalidBucketName": "Correct S3_BUCKET: no bucket can have this name.",
    "BucketAlreadyExists": "The name in S3_BUCKET belongs to somebody else: choose another.",
    "AuthorizationHeaderMalformed": "Correct S3_REGION.",
    "IllegalLocationConstraintException": "Correct S3_REGION.",
    "PermanentRedirect": "Correct S3_ENDPOINT_URL (its https://, too) and S3_REGION: the store redirects to elsewhere.",
    "RequestTimeTooSkewed": "Set this machine's clock.",
}
RIGHTS = {
    "PutObject": "put",
    "GetObject": "get",
    "HeadObject": "get",
    "DeleteObject": "delete",
    "ListObjects": "list",
    "ListObjectsV2": "list",
}
RIGHT_HINT = (
    "Give the key in S3_ACCESS_KEY_ID the right to {right} in this bucket (it needs list, put, get and delete). "
    "If it has it, S3_BUCKET names somebody else's bucket."
)
NOT_S3 = "Correct S3_ENDPOINT_URL: what answers there is not an S3 store."
OUT_OF_REACH = "Correct S3_ENDPOINT_URL, or let this machine reach it."
TRY_AGAIN = "Try again later. If it stays so, correct S3_ENDPOINT_URL: what answers there may not be an S3 store."
ANYTHING = "Look at S3_ENDPOINT_URL, S3_REGION, S3_BUCKET and the keys."


def missing_setting() -> str:
    """Return the name of the first setting of the bucket's key that is empty, "" when both are there."""
    storage: Any = settings.STORAGES["default"]
    options = storage["OPTIONS"]
    names = {
        "S3_ACCESS_KEY_ID": options["access_key"],
        "S3_SECRET_ACCESS_KEY": options["secret_key"],
    }
    return next((name for name, value in names.items() if not value), "")


def code_of(error: ClientError) -> str:
    """Return the store's code, such as "AccessDenied"; the HTTP status where the reply has none."""
    return str(error.response.get("Error", {}).get("Code") or status_of(error))


def status_of(error: ClientError) -> int:
    """Return the HTTP status of the reply."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def said(error: BaseException) -> str:
    """Return what the store answered in short, such as "403 AccessDenied", or why there is no answer."""
    if isinstance(error, ClientError):
        status, code = status_of(error), code_of(error)
        return str(status) if code == str(status) else f"{status} {code}"
    if isinstance(error, RecursionError):
        return "redirected without end"
    return " ".join(str(error).split()) or type(error).__name__


def hint_for(error: BaseException) -> str:
    """Return which setting, or which right of the key, to correct."""
    if isinstance(error, ClientError):
        return _hint_for_reply(error)
    if isinstance(error, NoCredentialsError):
        return "Set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY."
    if isinstance(error, ParamValidationError):
        return HINTS["InvalidBucketName"]
    if isinstance(error, ResponseParserError):
        return NOT_S3
    if isinstance(error, RecursionError):
        return HINTS["PermanentRedirect"]
    if isinstance(error, ValueError):  # boto3 raises it for an endpoint without http:// or https://
        return "Correct S3_ENDPOINT_URL: it must begin with https:// or http://."
    return OUT_OF_REACH if isinstance(error, BotoCoreError | OSError) else ANYTHING


def _hint_for_reply(error: ClientError) -> str:
    code, status = code_of(error), status_of(error)
    if code in HINTS:
        return HINTS[code]
    if code in DENIED:
        return RIGHT_HINT.format(
            right=RIGHTS.get(error.operation_name, "list, put, get and delete")
        )
    if 300 <= status < 400:
        return HINTS["PermanentRedirect"]
    return TRY_AGAIN if status >= 500 or status == 429 else ANYTHING
