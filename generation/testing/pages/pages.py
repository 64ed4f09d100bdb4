"""All pages of ArtGen, each with its user and what is open on it, for tests and screenshots."""

from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import Page as Tab
from playwright.sync_api import Response

from generation.testing.pages import page_acts as acts
from generation.testing.pages.content import LEGAL, TEMPLATES
from generation.testing.pages.page_acts import Act

BROKEN = "no address: a page that `fill` has rendered"


@dataclass(frozen=True)
class Page:
    """One page in one state: `name` is its screenshot file, `route` the name of its URL."""

    name: str
    route: str
    who: str = "owner"  # a name in `fill`'s sessions, "" = nobody
    ids: tuple[str, ...] = ()  # what the address holds, by name in `fill`'s ids
    query: str = ""
    act: Act | None = None  # opens what is closed at first
    main: bool = False  # among the screenshots in Russian, too
    args: tuple[str, ...] = ()
    status: int = 200  # of the answer
    off: tuple[str, ...] = ()  # rules of axe that third-party parts of the page violate

    def address(self, ids: dict[str, str]) -> str:
        """Return the path of the page in a demo with these ids."""
        if self.route == BROKEN:
            return f"/broken/{self.name}"
        return (
            reverse(self.route, args=[*self.args, *(ids[name] for name in self.ids)]) + self.query
        )


PAGES = (
    Page("start", "start", "", main=True),
    Page("create", "create", main=True),
    Page("create-models", "create", act=acts.click(".model-button", "#models"), main=True),
    Page(
        "create-menu",
        "create",
        act=acts.click("[data-run] .run-meta button[popovertarget]", ".run-menu"),
    ),
    Page(
        "create-tuning",
        "create",
        act=acts.click(".tuning summary", ".tuning[open]"),
        query="?prompt=A+snail+on+a+leaf",
    ),
    Page("create-first-run", "create", "newcomer"),
    Page(
        "create-empty-prompt",
        "create",
        "newcomer",
        act=acts.click("#create-button", "#prompt-error"),
    ),
    Page(
        "create-kept",
        "create",
        "newcomer",
        act=acts.drop_sources,
        query="?model=flux-dev&prompt=A+kite",
        main=True,
    ),
    Page("create-presets", "create", act=acts.show_presets, main=True),
    # After the other pages of Create: its prompt stays in the draft.
    Page("create-proposal", "create", act=acts.propose, main=True),
    Page("presets", "presets", main=True),
    Page("presets-empty", "presets", "newcomer"),
    Page("shared-preset", "shared_preset", "", ids=("preset_link",)),
    Page("job-done", "job", ids=("succeeded",)),
    Page("job-running", "job", ids=("running",)),
    Page("job-failed", "job", ids=("failed",)),
    Page("job-refused", "job", ids=("refused",)),
    Page("job-canceled", "job", ids=("canceled",)),
    Page("gallery", "gallery", main=True),
    Page("gallery-filter", "gallery", act=acts.open_filter, main=True),
    Page("gallery-account-menu", "gallery", act=acts.click(".avatar", "#account-menu")),
    Page("gallery-select", "gallery", act=acts.select, main=True),
    Page(
        "gallery-viewer",
        "gallery",
        act=acts.click("li:not([data-stack-size]) .card-link", "#lightbox[open] [data-make]"),
        main=True,
    ),
    Page("gallery-found", "gallery", query="?q=a&favorite=1&model=flux-schnell"),
    Page("gallery-nothing", "gallery", query="?q=zzz"),
    Page("gallery-favorites", "gallery", query="?favorite=1"),
    Page("gallery-empty", "gallery", "newcomer"),
    Page("edit", "edit_image", ids=("image",), act=acts.mark, main=True),
    Page("edit-extend", "edit_image", ids=("image",), query="?mode=outpaint", act=acts.extend),
    Page("compare-source", "compare_source", ids=("edited",)),
    Page("trash", "trash"),
    Page("trash-empty", "trash", "newcomer"),
    Page("empty-trash", "empty_trash"),
    Page("explore", "explore", "", main=True),
    Page("explore-nothing", "explore", "", query="?q=zzz"),
    Page("picture-folds", "image", ids=("image",), act=acts.open_folds),
    Page("status", "status", "", main=True),
    Page("made-here", "made_here", "", act=acts.check_image, main=True),
    Page("shortcuts", "shortcuts", ""),
    Page("offline", "offline", "", act=acts.fill("#prompt", "A lighthouse"), main=True),
    Page("shortcuts-dialog", "start", "", act=acts.press("?", "#shortcuts-dialog")),
    Page("picture", "image", ids=("image",), main=True),
    Page(
        "picture-collections",
        "image",
        ids=("image",),
        act=acts.open_collections,
    ),
    Page(
        "picture-share",
        "image",
        ids=("link",),
        act=acts.open_sharing,
        main=True,
    ),
    Page("compare", "compare_image", ids=("image",), main=True),
    Page("comparison", "compare", query="?prompt=A+{red|blue}+kite&model=flux-dev", main=True),
    Page("comparison-empty", "compare", "newcomer"),
    Page("sheet", "sheet", ids=("sheet",), main=True),
    Page("sheets", "sheets"),
    Page("sheets-empty", "sheets", "newcomer"),
    Page("word-lists", "word_lists"),
    Page("word-list", "word_list", ids=("word_list",)),
    Page("tags", "tags", main=True),
    Page("tags-empty", "tags", "newcomer"),
    Page("share", "share_image", ids=("image",)),
    Page("shared", "shared", "", ids=("shared",), main=True),
    Page("share-collection", "share_collection", ids=("collection",)),
    Page("shared-collection", "shared_collection", "", ids=("collection_link",), main=True),
    Page("shared-item", "shared_item", "", ids=("collection_link", "member")),
    Page("picture-saved", "image", "boss", ids=("saved",)),
    Page("shared-ended", "shared", "", args=("nonsense",), status=404),
    Page("report", "report_shared", "", ids=("published",)),
    Page("collections", "collections", main=True),
    Page("picture-edited", "image", ids=("edited",)),
    Page("picture-trashed", "image", ids=("trashed",)),
    Page("account", "account", main=True),
    Page("account-new", "account", "newcomer"),
    Page("ledger", "ledger"),
    Page("get-credits", "get_credits"),
    Page("profile", "profile"),
    Page("tokens", "tokens"),
    Page("tokens-empty", "tokens", "newcomer"),
    Page("connect", "connect", main=True),
    Page("connect-new", "connect_program", "newcomer", args=("curl",)),
    Page("webhooks", "webhooks", main=True),
    Page("webhooks-empty", "webhooks", "newcomer"),
    Page("webhook", "webhook", ids=("webhook",), main=True),
    Page("webhook-off", "webhook", ids=("webhook_off",)),
    Page("webhook-message", "webhook_message", ids=("webhook_message",)),
    Page("password-change", "password_change"),
    Page("security", "security"),
    Page("reauthenticate", "account_reauthenticate"),
    Page("reauthenticate-code", "mfa_reauthenticate", "guarded"),
    Page("authenticator-app", "mfa_activate_totp", "newcomer"),
    Page("authenticator-app-remove", "mfa_deactivate_totp", "guarded"),
    Page("passkey-add", "mfa_add_webauthn", "newcomer"),
    Page("recovery-codes", "mfa_view_recovery_codes", "guarded"),
    Page("recovery-codes-new", "mfa_generate_recovery_codes", "guarded"),
    Page("social-failed", "socialaccount_login_error", "", status=401),
    Page("email-change", "change_email", "newcomer"),
    Page("email-change-sent", "change_email_sent"),
    Page("email-change-link-ended", "confirm_email", "", args=("nonsense",), status=410),
    Page("email-confirm", "confirm_email", "", ids=("email_change",)),
    Page("password-add", "password_add", "newcomer"),
    Page("account-data", "account_data"),
    Page("reviews", "reviews"),
    Page("delete-account", "delete_account", "leaver"),
    Page("login", "login", "", main=True),
    Page(
        "login-error",
        "login",
        "",
        act=acts.send("form .button-primary", username="nobody@example.org", password="wrong"),
    ),
    Page("sign-up", "signup", ""),
    Page("sign-up-sent", "signup_sent", ""),
    Page("sign-up-finish", "signup_finish", "", ids=("sign_up",)),
    Page("sign-up-link-ended", "signup_finish", "", args=("nonsense",), status=410),
    Page("invitation", "invitation", "", ids=("invitation",)),
    Page("invitation-ended", "invitation", "", args=("nonsense",), status=410),
    Page("reset", "password_reset", ""),
    Page("reset-done", "password_reset_done", ""),
    Page("reset-confirm", "password_reset_confirm", "", ids=("uid", "reset")),
    Page("reset-link-ended", "password_reset_confirm", "", args=("AA", "nonsense"), status=410),
    Page("reset-complete", "password_reset_complete", ""),
    Page("account-closed", "account_closed", ""),
    Page("keep-link-ended", "keep_account", "", args=("nonsense",), status=410),
    Page("api-docs", "api_docs", "", act=acts.read_api),
)
ERRORS = (
    *(Page(name, BROKEN, "", status=int(name[:3])) for name in TEMPLATES),
    *(Page(name, BROKEN, "") for name in LEGAL),
)
"""Pages that `fill` has rendered: of errors, and of sites with terms."""
ADMIN = (
    Page("admin", "admin:index", "boss"),
    Page("admin-login", "admin:login", ""),
    Page("admin-search", "admin:search", "boss", query="?q=owner"),
    Page("admin-jobs", "admin:generation_job_changelist", "boss"),
    Page("admin-jobs-found", "admin:generation_job_changelist", "boss", query="?q=a&period=all"),
    Page("admin-jobs-none", "admin:generation_job_changelist", "boss", query="?q=zzz"),
    Page("admin-job", "admin:generation_job_change", "boss", ids=("failed",)),
    Page("admin-job-history", "admin:generation_job_history", "boss", ids=("failed",)),
    Page("admin-review", "admin:generation_publication_changelist", "boss"),
    Page("admin-review-queue", "admin:generation_promptreview_queue", "boss"),
    Page("admin-pictures", "admin:generation_image_changelist", "boss"),
    Page("admin-picture", "admin:generation_image_change", "boss", ids=("image",)),
    Page("admin-collections", "admin:generation_collection_changelist", "boss"),
    Page("admin-models", "admin:generation_imagemodel_changelist", "boss"),
    Page("admin-model", "admin:generation_imagemodel_add", "boss"),
    Page("admin-model-change", "admin:generation_imagemodel_change", "boss", args=("1",)),
    Page("admin-costs", "admin:generation_imagemodel_costs", "boss"),
    Page("admin-try", "admin:generation_imagemodel_try", "boss", args=("1",)),
    Page("admin-endpoint", "admin:generation_endpoint_add", "boss"),
    Page("admin-styles", "admin:generation_style_changelist", "boss"),
    Page("admin-style", "admin:generation_style_change", "boss", args=("1",)),
    Page("admin-style-history", "admin:generation_style_history", "boss", args=("1",)),
    Page("admin-style-delete", "admin:generation_style_delete", "boss", args=("1",)),
    Page("admin-rule", "admin:generation_moderationrule_add", "boss"),
    Page("admin-trusted", "admin:generation_trustedauthor_add", "boss"),
    Page("admin-budget", "admin:generation_budget_add", "boss"),
    Page("admin-announcements", "admin:generation_announcement_changelist", "boss"),
    Page("admin-announcement", "admin:generation_announcement_add", "boss"),
    Page("admin-users", "admin:accounts_user_changelist", "boss"),
    Page("admin-user", "admin:accounts_user_change", "boss", ids=("uid",)),
    Page("admin-user-add", "admin:accounts_user_add", "boss"),
    Page("admin-user-password", "admin:auth_user_password_change", "boss", ids=("uid",)),
    Page("admin-ban", "admin:accounts_user_ban", "boss", ids=("uid",)),
    Page("admin-group", "admin:auth_group_add", "boss"),
    Page("admin-ledger", "admin:accounts_creditentry_changelist", "boss"),
    Page("admin-devices", "admin:usersessions_usersession_changelist", "boss"),
    Page("admin-invitations", "admin:accounts_invitation_changelist", "boss"),
    Page("admin-invite", "admin:accounts_invitation_add", "boss"),
    Page("admin-vouchers", "admin:accounts_voucher_add", "boss"),
    Page("admin-credit-page", "admin:accounts_creditpage_changelist", "boss"),
    Page("admin-audit-log", "admin:accounts_auditentry_changelist", "boss"),
)
NO_PAGES = {
    # Files, and addresses for machines
    *("favicon", "manifest", "service_worker", "healthz", "readyz", "metrics", "runpod_hook"),
    *("sender", "runpod_hook_sender", "path_token_sender", "with_path_token", "openai_unknown"),
    *("openai_generations_unversioned", "openai_edits_unversioned"),
    *("resource_metadata", "resource_metadata_of_mcp"),
    *("media", "download_image", "download_selection", "download_sheet"),
    *("ledger_csv", "statement_csv", "download_export", "mfa_download_recovery_codes"),
    *("api_schema", "api_problem", "shared_image", "shared_item_image"),
    # Of sites with terms: among ERRORS
    *("document", "accept_documents", "providers", "signup_service"),
    # Parts of pages
    *("composer", "quote", "compare_quote", "card", "run", "own_images", "image_collections"),
    *("model_options", "prompts", "shared_part", "image_offers", "run_tiles"),
    # Actions: only POST
    *("set_language", "set_theme", "set_time_zone", "set_gallery_view", "close_announcement"),
    *("logout", "end_session", "end_other_sessions", "second_factor_required", "revoke_token"),
    *("turn_on_push", "turn_off_push"),
    *("test_webhook", "rotate_webhook", "switch_webhook", "delete_webhook", "replay_webhook"),
    *(
        "replay_webhook_message",
        "withdraw_credit_request",
        "redeem_voucher",
        "ask_export",
        "receive_share",
    ),
    *("favorite_model", "preset", "own_style", "own_styles", "save_shared_preset"),
    *("cancel_job", "retry_job", "dismiss_job", "dismiss_all_jobs", "cancel_run"),
    *("favorite_image", "trash_image", "restore_image", "restore_all"),
    *("upscale_image", "vary_image", "save_note", "add_tags", "remove_tag"),
    *("publish_image", "withdraw_image", "stop_sharing_image", "save_shared", "save_shared_item"),
    *("appeal_image", "appeal_review", "cancel_review"),
    *("rename_collection", "delete_collection", "restore_collection"),
    *("collect_selection", "uncollect_selection", "tag_selection", "untag_selection"),
    *("favorite_selection", "trash_selection", "restore_selection", "delete_selection"),
    "finish_selection",
    *("cancel_sheet", "delete_sheet", "restore_sheet"),
    *("delete_word_list", "restore_word_list"),
    # Other services that sign users in: redirects
    *("google_login", "google_callback", "github_login", "github_callback"),
    *("yandex_login", "yandex_callback", "vk_login", "vk_callback"),
    *("openid_connect_login", "openid_connect_callback"),
    *("socialaccount_login_cancelled", "disconnect_service"),
    # A sign-in that waits for a code or a key of this browser: see accounts/tests
    *("mfa_authenticate", "mfa_reauthenticate_webauthn", "mfa_remove_webauthn"),
    # Addresses of the API without its version
    *("api/", "api/{rest}"),
}
"""Names of routes outside of the admin and the API, or their paths where they have none."""


def go(tab: Tab, page: Page, *, ids: dict[str, str], errors: dict[str, str]) -> Response | None:
    """Open the page in the tab; error pages are those that `fill` has rendered, in `errors`."""
    if page.route == BROKEN:
        html = {"body": errors[page.name], "content_type": "text/html; charset=utf-8"}
        # Once: a tab with a route does not use its cache.
        tab.route("**/broken/*", lambda route: route.fulfill(status=page.status, **html), times=1)
    return tab.goto(page.address(ids))
