"""Explain failed bucket calls: which setting or permission an operator must correct."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
from botocore.parsers import ResponseParserError
from django.conf import settings

FAILURES = (BotoCoreError, ClientError, ResponseParserError, OSError, RecursionError, ValueError)
"""Exceptions of bucket calls. RecursionError: botocore follows a redirect without a region."""

DENIED = ("AccessDenied", "403", "Forbidden")
MISSING_BUCKET = ("NoSuchBucket", "404", "NotFound")
KEY_HINTS = {
    "InvalidAccessKeyId": "Correct S3_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "Correct S3_SECRET_ACCESS_KEY. If it is right, correct S3_REGION.",
}
HINTS = KEY_HINTS | {
    "NoSuchBucket": "Create the bucket, or correct S3_BUCKET.",
    "InvalidBucketName": "Correct S3_BUCKET: the name is not valid.",
    "BucketAlreadyExists": "The name in S3_BUCKET is taken by another owner: choose another.",
    "AuthorizationHeaderMalformed": "Correct S3_REGION.",
    "IllegalLocationConstraintException": "Correct S3_REGION.",
    "PermanentRedirect": "Correct S3_ENDPOINT_URL (including https://) and S3_REGION: "
    "the store redirects requests.",
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
    "Grant the key in S3_ACCESS_KEY_ID permission to {right} in this bucket (it needs list, put, "
    "get and delete). If it has it, S3_BUCKET is the bucket of another owner."
)
NOT_S3 = "Correct S3_ENDPOINT_URL: the server there is not an S3 store."
OUT_OF_REACH = "Correct S3_ENDPOINT_URL, or allow this machine to connect to it."
TRY_AGAIN = (
    "Try again later. If the error persists, correct S3_ENDPOINT_URL: the server there may not be "
    "an S3 store."
)
ANYTHING = "Check S3_ENDPOINT_URL, S3_REGION, S3_BUCKET and the keys."


def missing_setting() -> str:
    """Return the name of the first empty key setting, "" when both are set."""
    storage: Any = settings.STORAGES["default"]
    options = storage["OPTIONS"]
    names = {
        "S3_ACCESS_KEY_ID": options["access_key"],
        "S3_SECRET_ACCESS_KEY": options["secret_key"],
    }
    return next((name for name, value in names.items() if not value), "")


def code_of(error: ClientError) -> str:
    """Return the error code of the store, such as "AccessDenied", else the HTTP status."""
    return str(error.response.get("Error", {}).get("Code") or status_of(error))


def status_of(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def said(error: BaseException) -> str:
    """Return a short form of the reply, such as "403 AccessDenied", or why there was none."""
    if isinstance(error, ClientError):
        status, code = status_of(error), code_of(error)
        return str(status) if code == str(status) else f"{status} {code}"
    if isinstance(error, RecursionError):
        return "redirect loop"
    return " ".join(str(error).split()) or type(error).__name__


def hint_for(error: BaseException) -> str:
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
    if isinstance(error, ValueError):  # from boto3: the endpoint has no http:// or https://
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
