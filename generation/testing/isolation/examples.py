"""Which of the owner's objects stands in an address, by the name of its argument."""

EXAMPLES = {
    "job_id": "job",
    "run_id": "run",
    "image_id": "image",
    "collection_id": "collection",
    "member_id": "member",
    "export_id": "export",
    "webhook_id": "webhook",
    "message_id": "webhook_message",
    "review_id": "review",
    "sheet_id": "sheet",
    "list_id": "word_list",
    "preset_id": "preset",
    "style_id": "own_style",
    "slug": "slug",
    "pk": "passkey",
}
"""Argument of an address → the owner's object that stands there, unless a rule names another."""

FIXED = {
    "number": 1,
    "part": "create",
    "language": "en",
    "version": "0",
    "document_name": "terms",
    "code": "invalid",
    "announcement_key": "1-1",
    "rest": "v1/unknown/",
    "url": "unknown/",
    "provider_id": "oidc",
}
"""Arguments that name no object."""

ADMIN_OBJECTS = {
    "accounts_user": "owner",
    "accounts_apitoken": "token",
    "accounts_auditentry": "audit_entry",
    "accounts_creditentry": "entry",
    "accounts_creditpage": "credit_page",
    "accounts_creditrequest": "credit_request",
    "accounts_voucher": "voucher",
    "accounts_invitation": "invited",
    "auth_group": "group",
    "accounts_outgoingemail": "email",
    "generation_moderationrule": "rule",
    "generation_promptreview": "review",
    "generation_trustedauthor": "trusted",
    "generation_alert": "alert",
    "generation_announcement": "announcement",
    "generation_budget": "budget",
    "generation_collection": "collection",
    "generation_endpoint": "endpoint",
    "generation_generationswitch": "switch",
    "generation_image": "image",
    "generation_imagemodel": "model",
    "generation_job": "job",
    "generation_provideroutage": "outage",
    "generation_publication": "publication",
    "generation_style": "style_id",
    "generation_upload": "upload",
    "usersessions_usersession": "owner_session",
}
"""Model of an admin page → the object that the page is opened for."""
