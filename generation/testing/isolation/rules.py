"""The table: who may do what at which route, with which of the owner's objects as the example.

A new route needs one line: its name (or its path, where it has none), who may use it, and the
methods. Arguments of the address are filled from `examples`; `at` names another object. `body` and
`queries` contain ids of the owner's objects in braces, as another user would send them. A name
with `*` is the rule of all routes that have no line of their own.
"""

from fnmatch import fnmatchcase

from generation.testing.isolation.access import (
    Rule,
    address,
    any_staff,
    everyone,
    nobody,
    owner,
    staff,
    users,
)
from generation.testing.isolation.routes import Route

EDIT = {"model": "flux-kontext", "prompt": "snow", "source_images": ["{image}"]}
PASSWORD = "a new long password"
PASSWORDS = {"password1": PASSWORD, "password2": PASSWORD}
CODE = {"code": "000000"}
CALLBACK = ("", "code=x&state=y", "error=access_denied&state=y")
UNKNOWN_STATE = 401  # the page of a sign-in with another service that has failed
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
IDS = {"ids": "{image}"}

RULES: dict[str, Rule] = {
    # --- pages for everyone ---
    "start": everyone("GET"),
    "explore": everyone("GET", queries=("", "q=a")),
    "favicon": everyone("GET"),
    "healthz": everyone("GET"),
    "readyz": everyone("GET"),
    "status": everyone("GET"),
    "providers": everyone("GET"),
    "made_here": everyone("GET POST", body={"file": "photo.png"}),
    "document": everyone("GET"),
    "shortcuts": everyone("GET"),
    "manifest": everyone("GET"),
    "service_worker": everyone("GET"),
    "offline": everyone("GET"),
    "shared_part": everyone("GET"),
    "receive_share": everyone("GET"),
    "close_announcement": everyone("POST"),
    "sender": everyone("GET", answers=[401, 403]),  # says whether nginx may take a large body
    "metrics": nobody("GET"),  # internal: the suite's requests come through nginx
    "set_language": everyone("POST", body={"language": "en"}),
    "set_theme": everyone("POST", body={"theme": "dark"}),
    "api_schema": everyone("GET"),
    "api_docs": everyone("GET"),
    "api_problem": everyone("GET"),
    "login": everyone("GET POST", body={"username": "{owner_email}", "password": "wrong"}),
    "logout": everyone("POST"),
    "signup": everyone(
        "GET POST", body={"email": "{owner_email}"}, touches=["accounts_outgoingemail"]
    ),
    "signup_sent": everyone("GET"),
    "signup_service": everyone("GET POST", body={"name": "New"}),
    "password_reset": everyone(
        "GET POST", body={"email": "{owner_email}"}, touches=["accounts_outgoingemail"]
    ),
    "password_reset_done": everyone("GET"),
    "password_reset_complete": everyone("GET"),
    "account_closed": everyone("GET"),
    "change_email_sent": users("GET"),
    # --- a sign-in that waits for the second factor, or takes place at another service ---
    "mfa_authenticate": everyone("GET POST", body=CODE),
    "google_login": everyone("POST"),
    "github_login": everyone("POST"),
    "yandex_login": everyone("POST"),
    "vk_login": everyone("POST"),
    "openid_connect_login": everyone("POST", answers=[UNKNOWN_STATE]),  # it does not respond
    "google_callback": everyone("GET", queries=CALLBACK, answers=[UNKNOWN_STATE]),
    "github_callback": everyone("GET", queries=CALLBACK, answers=[UNKNOWN_STATE]),
    "yandex_callback": everyone("GET", queries=CALLBACK, answers=[UNKNOWN_STATE]),
    "vk_callback": everyone("GET", queries=CALLBACK, answers=[UNKNOWN_STATE]),
    "openid_connect_callback": everyone("GET", queries=CALLBACK, answers=[UNKNOWN_STATE]),
    "socialaccount_login_cancelled": everyone("GET"),
    "socialaccount_login_error": everyone("GET", answers=[UNKNOWN_STATE]),
    # --- addresses that are secrets ---
    "signup_finish": address(
        "GET POST", at={"token": "sign_up"}, body={"name": "New", "password": PASSWORD}
    ),
    "invitation": address(
        "GET POST",
        at={"token": "invitation"},
        body={"name": "New", "password": PASSWORD},
        touches=["accounts_invitation"],
    ),
    "password_reset_confirm": address(
        "GET POST", at={"uidb36": "uid", "key": "reset"}, body=PASSWORDS
    ),
    "confirm_email": address(
        "GET POST",
        at={"token": "email_change"},
        shows=["email"],
        touches=["accounts_user", "accounts_outgoingemail"],
    ),
    "keep_account": address(
        "GET POST", at={"token": "keep"}, shows=["leaving"], touches=["accounts_user"]
    ),
    "shared_preset": address("GET", at={"slug": "preset_link"}, shows=["preset"]),
    "save_shared_preset": users("POST", at={"slug": "preset_link"}, shows=["preset"]),
    "shared_collection": address(
        "GET", at={"slug": "collection_link"}, queries=("", "before=999999"), shows=["collection"]
    ),
    "shared_item": address("GET", at={"slug": "collection_link"}, shows=["collection"]),
    "shared_item_image": address("GET", at={"slug": "collection_link"}),
    "shared": address("GET", at={"slug": "link"}),
    "shared_image": address("GET", at={"slug": "link"}),
    "save_shared": users("GET POST", at={"slug": "link"}, touches=["generation_savedimage"]),
    "save_shared_item": users(
        "GET POST", at={"slug": "collection_link"}, touches=["generation_savedimage"]
    ),
    "report_shared": address(
        "GET POST", body={"kind": "other", "words": "x"}, touches=["generation_report"]
    ),
    "media": address("GET", at={"name": "image_key"}, queries=("{media_query}",), shows=["prompt"]),
    "runpod_hook": address(
        "POST", at={"token": "hook"}, touches=["generation_job"], is_csrf_exempt=True
    ),
    "runpod_hook_sender": address("GET", at={"token": "hook"}, answers=[403]),
    # --- pages of a user ---
    "create": users(
        "GET POST",
        body={**EDIT, "source_images": "{image}"},
        queries=(
            *("", "job={job}", "image={image}", "source={image}", "share={link}"),
            "before={queued_run}",
        ),
    ),
    "compare": users(
        "GET POST",
        body={"prompt": "{{a|b}}", "models": "flux-kontext", "source_images": "{image}"},
        queries=("", "job={job}", "sheet={sheet}", "source={image}"),
    ),
    "compare_quote": users(
        "POST",
        body={"prompt": "{{a|b}}", "models": "flux-kontext", "source_images": "{image}"},
    ),
    "sheets": users("GET"),
    "word_lists": users("GET POST", body={"name": "hills", "entries": "green"}),
    "composer": users(
        "GET",
        queries=(
            *("", "job={job}", "switch=flux-kontext&source_images={image}"),
            "model=flux-dev&preset={preset}",
            "model=flux-dev&moodboard={collection}",
        ),
    ),
    "model_options": users("GET", queries=("", "model=flux-kontext")),
    "prompts": users("GET"),
    "own_images": users("GET", queries=("", "q=vqzmxjprompt", "before={image}")),
    "favorite_model": users("POST", body={"model": "flux-dev", "favorite": "1"}),
    "presets": users("GET POST", body={"model": "flux-dev", "name": "Evening"}),
    "own_styles": users("POST", body={"name": "Print", "template": "{{prompt}}, print"}),
    "quote": users("GET", queries=("model=flux-kontext&prompt=x&source_images={image}",)),
    "gallery": users(
        "GET", queries=("", "q=vqzmxjprompt", "collection={collection}", "source={upload}")
    ),
    "set_gallery_view": users("POST", body={"tiles": "large", "runs": "single"}),
    "trash": users("GET"),
    "restore_all": users("POST"),
    "empty_trash": users("GET POST"),
    "tags": users("GET"),
    "favorite_selection": users("POST", body={**IDS, "favorite": "1"}),
    "trash_selection": users("POST", body=IDS),
    "restore_selection": users("POST", body={"ids": "{trashed}"}),
    "delete_selection": users("POST", body={"ids": "{trashed}", "sure": "1"}),
    "collect_selection": users("POST", body={**IDS, "collection": "{collection}"}),
    "uncollect_selection": users("POST", body={**IDS, "collection": "{collection}"}),
    "tag_selection": users("POST", body={**IDS, "tag": "a tag"}),
    "untag_selection": users("POST", body={**IDS, "tag": "vqzmxjtag"}),
    "download_selection": users("POST", body=IDS),
    "finish_selection": users("POST", body=IDS),
    "collections": users("GET POST", body={"name": "Hills"}),
    "account": users("GET"),
    "ledger": users("GET"),
    "ledger_csv": users("GET"),
    "statement_csv": users("GET"),
    "get_credits": users("GET POST", body={"note": "for a poster"}),
    "withdraw_credit_request": users("POST"),
    "redeem_voucher": users("POST", body={"code": "AAAA-BBBB-CCCC-DDDD"}),
    "profile": users("GET POST", body={"name": "New", "language": "en", "time_zone": ""}),
    "set_time_zone": users("POST", body={"time_zone": "Asia/Omsk"}),
    "password_change": users("GET POST", body={"oldpassword": "password", **PASSWORDS}),
    "password_add": users("GET POST", body=PASSWORDS),
    "account_reauthenticate": users("GET POST", body={"password": "password"}),
    "security": users("GET"),
    "end_session": users("POST", body={"id": "{owner_session}"}),
    "end_other_sessions": users("POST"),
    "disconnect_service": users("POST", body={"id": "{owner_service}"}),
    "change_email": users("GET POST", body={"email": "{owner_email}"}),
    "second_factor_required": users("GET"),
    "accept_documents": users("GET POST"),
    "mfa_reauthenticate": users("GET POST", body=CODE),
    "mfa_reauthenticate_webauthn": users("GET POST", body={"credential": "{{}}"}),
    "mfa_activate_totp": users("GET POST", body=CODE),
    "mfa_deactivate_totp": users("GET POST"),
    "mfa_add_webauthn": users("GET POST", body={"name": "Key", "credential": "{{}}"}),
    "mfa_view_recovery_codes": users("GET"),
    "mfa_download_recovery_codes": users("GET"),
    "mfa_generate_recovery_codes": users("GET POST"),
    "tokens": users("GET POST", body={"name": "new", "scopes": ["read"]}),
    "revoke_token": users("POST", body={"name": "vqzmxjtoken"}),
    "turn_on_push": users(
        "POST",
        body={"url": "https://push.example/x", "p256dh": "x", "auth": "x", "server_key": "x"},
        answers=[400],
    ),
    "turn_off_push": users("POST", body={"id": "{push}"}, answers=[404]),
    "webhooks": users(
        "GET POST",
        body={"url": "https://example.com/", "topics": ["jobs"], "credits_below": "1"},
    ),
    "account_data": users("GET"),
    "ask_export": users("POST"),
    "reviews": users("GET"),
    "delete_account": users("GET POST", body={"password": "password"}),
    # --- pages of one object ---
    "mfa_remove_webauthn": owner("GET POST"),
    "job": owner("GET"),
    "card": owner("GET"),
    "cancel_job": owner("POST", at={"job_id": "queued"}),
    "retry_job": owner("POST", at={"job_id": "failed"}),
    "dismiss_job": owner("POST", at={"job_id": "failed"}),
    "dismiss_all_jobs": users("POST"),
    "run": owner("GET"),
    "run_tiles": owner("GET"),
    "sheet": owner("GET"),
    "cancel_sheet": owner("POST"),
    "download_sheet": owner("GET"),
    "delete_sheet": owner("POST"),
    "restore_sheet": owner("POST", at={"sheet_id": "deleted_sheet"}),
    "word_list": owner("GET POST", body={"name": "hills", "entries": "green"}),
    "delete_word_list": owner("POST"),
    "restore_word_list": owner("POST", at={"list_id": "deleted_word_list"}),
    "cancel_run": owner("POST", at={"run_id": "queued_run"}),
    "appeal_review": owner("POST"),
    "cancel_review": owner("POST", at={"review_id": "waiting_review"}),
    "rename_collection": owner("POST", body={"name": "Renamed"}),
    "delete_collection": owner("POST"),
    "share_collection": owner("GET POST", body={"period": "7"}),
    "restore_collection": owner("POST", at={"collection_id": "deleted_collection"}),
    "preset": owner("POST", body={"do": "rename", "name": "Renamed"}),
    "own_style": owner("POST", body={"do": "delete"}),
    "image": owner("GET"),
    "compare_image": owner("GET"),
    "compare_source": owner("GET", at={"image_id": "edited"}),
    "edit_image": owner("GET"),
    "image_offers": owner("GET"),
    "upscale_image": owner("POST", body={"scale": "2"}),
    "vary_image": owner("POST", body={"amount": "subtle"}),
    "download_image": owner("GET", queries=("", "as=bare", "as=webp")),
    "favorite_image": owner("POST", body={"favorite": "1"}),
    "trash_image": owner("POST"),
    "restore_image": owner("POST", at={"image_id": "trashed"}),
    "image_collections": owner("POST", body={"add": "{collection}"}),
    "save_note": owner("POST", body={"note": "a note"}),
    "add_tags": owner("POST", body={"tags": "a tag"}),
    "remove_tag": owner("POST", body={"tag": "vqzmxjtag"}),
    "share_image": owner("GET POST"),
    "stop_sharing_image": owner("POST", at={"image_id": "shared"}),
    "publish_image": owner("POST"),
    "appeal_image": owner("POST", at={"image_id": "refused"}),
    "withdraw_image": owner("POST", at={"image_id": "public"}),
    "download_export": owner("GET"),
    "webhook": owner("GET POST", body={"topics": ["jobs"], "credits_below": "1"}),
    "test_webhook": owner("POST"),
    "rotate_webhook": owner("POST"),
    "switch_webhook": owner("POST", body={"on": "0"}),
    "delete_webhook": owner("POST"),
    "replay_webhook": owner("POST", body={"since": "2020-01-01T00:00"}),
    "webhook_message": owner("GET"),
    "replay_webhook_message": owner("POST"),
    # --- the API ---
    "api/v1/jobs/": users("GET POST", body=EDIT, queries=("", "batch={run}")),
    "api_job": owner("GET"),
    "api_events": users("GET", answers=[421]),  # daphne answers it
    "api/v1/jobs/{job_id}/cancel/": owner("POST", at={"job_id": "queued"}),
    "api/v1/jobs/{job_id}/retry/": owner("POST", at={"job_id": "failed"}),
    "api/v1/batches/": users("POST", body={**EDIT, "count": 2}),
    "api/v1/quotes/": users("POST", body=EDIT, only_reads=True),
    # 404: the tests have no text endpoint.
    "api_translate_prompt": users("POST", body={"prompt": "туман"}, answers={404}),
    "api_enhance_prompt": users("POST", body={"prompt": "fog"}, answers={404}),
    "api_describe_image": users("POST", body={"image_id": "{image}"}, answers={404}),
    "api/v1/sheets/": users(
        "GET POST",
        body={"prompt": "{{a|b}}", "models": ["flux-kontext"], "source_images": ["{image}"]},
    ),
    "api/v1/sheets/quotes/": users(
        "POST",
        body={"prompt": "{{a|b}}", "models": ["flux-kontext"], "source_images": ["{image}"]},
        only_reads=True,
    ),
    "api_sheet": owner("GET DELETE"),
    "api/v1/sheets/{sheet_id}/cancel/": owner("POST"),
    "api/v1/webhooks/": users("GET POST", body={"url": "https://example.net/"}),
    "api/v1/webhooks/{webhook_id}/": owner("DELETE"),
    "api/v1/images/": users(
        "GET POST",
        body={"share": "{link}"},
        touches=["generation_savedimage"],
        queries=("", "collection={collection}", "source={upload}", "trashed=true", "tag=vqzmxjtag"),
    ),
    "api/v1/tags/": users("GET"),
    "api/v1/images/{image_id}/": owner(
        "GET PATCH DELETE", body={"favorite": True, "note": "a note", "tags": ["a tag"]}
    ),
    "api/v1/images/{image_id}/restore/": owner("POST", at={"image_id": "trashed"}),
    "api/v1/images/{image_id}/share/": owner("GET POST DELETE", body={"expires_in_days": 7}),
    "api/v1/images/{image_id}/share/appeal/": owner("POST", at={"image_id": "refused"}),
    "api/v1/reviews/": users("GET"),
    "api/v1/reviews/{review_id}/": owner("GET"),
    "api/v1/reviews/{review_id}/appeal/": owner("POST"),
    "api/v1/reviews/{review_id}/cancel/": owner("POST", at={"review_id": "waiting_review"}),
    "api/v1/collections/": users("GET POST", body={"name": "Hills"}),
    "api/v1/collections/{collection_id}/": owner("GET PATCH DELETE", body={"name": "Renamed"}),
    "api/v1/collections/{collection_id}/share/": owner(
        "GET POST DELETE", body={"expires_in_days": 7}
    ),
    "api/v1/collections/{collection_id}/images/": owner("POST", body={"images": ["{shared}"]}),
    "api/v1/collections/{collection_id}/images/remove/": owner(
        "POST", body={"images": ["{image}"]}
    ),
    "api/v1/collections/{collection_id}/images/{image_id}/": owner("DELETE"),
    "api/v1/uploads/": users("POST", body={"file": "photo.png"}),
    "api/v1/models/": users("GET"),
    "api/v1/styles/": users("GET"),
    "api_status": everyone("GET"),
    "api/v1/account/": users("GET"),
    "api/v1/account/ledger/": users("GET"),
    # --- other programs: how to connect them ---
    "connect": users("GET POST"),
    "connect_program": users("GET POST", at={"program": "slug_of_program"}),
    "mcp": users("POST", body=LIST_TOOLS, answers=[421], only_reads=True),
    "mcp_with_slash": users("POST", body=LIST_TOOLS, answers=[421], only_reads=True),
    "resource_metadata": everyone("GET"),
    "resource_metadata_of_mcp": everyone("GET"),
    # --- OpenAI's API ---
    "openai_generations": users("POST", body={"model": "flux-schnell", "prompt": "snow"}),
    "openai_edits": users(
        "POST", body={"model": "flux-kontext", "prompt": "snow", "image": "photo.png"}
    ),
    "openai_models": users("GET"),
    "openai_model": users("GET", at={"name": "slug_of_model"}),
    # --- AUTOMATIC1111's API ---
    "a1111_txt2img": users("POST", body={"prompt": "snow"}),
    "a1111_img2img": users("POST", body={"prompt": "snow", "init_images": ["{png}"]}),
    "a1111_options": users("GET POST", body={"sd_model_checkpoint": "flux-dev"}),
    "a1111_models": users("GET"),
    "a1111_samplers": users("GET"),
    "a1111_schedulers": users("GET"),
    "a1111_upscalers": users("GET"),
    "a1111_upscale_modes": users("GET"),
    "a1111_vae": users("GET"),
    "a1111_progress": users("GET"),
    "a1111_interrupt": users("POST"),
    # 401: the token of the address has ended.
    "with_path_token": address(
        "GET", at={"token": "path_token", "rest": "samplers"}, answers=[401]
    ),
    "path_token_sender": address(
        "GET", at={"token": "path_token", "rest": "samplers"}, answers=[401, 403]
    ),
    "openai_unknown": nobody(),
    "openai_generations_unversioned": nobody(),
    "openai_edits_unversioned": nobody(),
    "api/{rest}": nobody(),
    "api/": nobody(),
    # --- the admin ---
    "admin:login": everyone("GET POST", body={"username": "{owner_email}", "password": "wrong"}),
    "admin:index": any_staff("GET"),
    "admin:logout": everyone("POST"),
    "admin:password_change": any_staff("GET POST"),
    "admin:password_change_done": any_staff("GET"),
    "admin:jsi18n": any_staff("GET"),
    "admin:search": any_staff("GET"),
    "admin/{url}": nobody(),
    "admin:*": staff("GET POST"),
    "admin:autocomplete": staff("GET"),
    "admin:generation_imagemodel_costs": staff("GET POST", body={"source": "file"}),
    "admin:generation_imagemodel_preview": staff("POST"),
    "admin:generation_moderationrule_try": staff("POST"),
    "admin:generation_generationswitch_turn": staff("POST"),
    "admin:generation_job_reply": staff("GET", at={"object_id": "failed"}),
    "admin:generation_imagemodel_try": staff(
        "GET POST", at={"object_id": "model"}, body={"prompt": "snow"}
    ),
    "admin:generation_imagemodel_trial": staff(
        "GET", at={"object_id": "model", "job_id": "trial"}
    ),
    "admin/*": any_staff("GET"),  # old addresses of objects: redirects to the page that checks
}  # fmt: skip


def rule_of(route: Route) -> Rule | None:
    if route.name in RULES:
        return RULES[route.name]
    patterns = (name for name in RULES if "*" in name and fnmatchcase(route.name, name))
    return next((RULES[name] for name in patterns), None)
