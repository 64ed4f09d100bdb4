"""One row of every kind that belongs to somebody, each with a marker that tells where it leaked."""

import base64
import re
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core import signing
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.access import email_change, invitations
from accounts.credits import ledger, vouchers
from accounts.credits.vouchers import VoucherTerms
from accounts.emails import outbox, password_reset_links, sign_up_links, texts
from accounts.models import (
    PUSH,
    ApiToken,
    CreditEntry,
    CreditPage,
    CreditRequest,
    Invitation,
    OutgoingEmail,
    Scope,
    User,
    WebhookAddress,
    WebhookMessage,
    WebhookTopic,
)
from accounts.tokens import tokens
from accounts.user_data import deletion
from accounts.webhooks import addresses, secrets
from artgen.admin import audit
from generation.files import storage
from generation.gallery import collections, notes, tagging
from generation.gallery.sharing import collection_share_links, publications, share_links
from generation.imaging import metadata
from generation.jobs.engine import callback_tokens
from generation.models import (
    Alert,
    Announcement,
    Budget,
    Export,
    GenerationSwitch,
    IdempotencyKey,
    Image,
    ImageModel,
    JobEvent,
    ModerationRule,
    OutageKind,
    PromptReview,
    ProviderOutage,
    Publication,
    PublicationState,
    Report,
    ReviewState,
    Sheet,
    Status,
    Style,
    TrustedAuthor,
    UnreadReply,
    Upload,
)
from generation.owned_rows import named_rows
from generation.studio.comparisons import word_lists
from generation.studio.comparisons.comparison_request import ComparisonRequest
from generation.studio.presets import own_styles, presets
from generation.testing.cases import hold, load_catalog, make_user
from generation.testing.isolation import sign_in
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.image_files import FILES

MARK = "vqzmxj"
"""Every private text of the owner contains it, followed by a word for the kind of text.

Long enough that no random token of a page contains it by chance.
"""
MARKER = re.compile(rf"{MARK}[a-z]+")


def mark(kind: str) -> str:
    """Return the marker of this kind of private text."""
    return f"{MARK}{kind}"


@dataclass
class OwnedData:
    """The people of the suite, and the owner's rows by the names that addresses and bodies use."""

    owner: User
    other: User
    staff: User  # may open the admin and nothing in it
    manager: User  # staff with every permission, and no superuser
    values: dict[str, Any] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    """What nobody may ever read in a response, staff included."""

    @property
    def ids(self) -> set[str]:
        """The ids of all of the owner's rows."""
        found = {str(value) for value in self.values.values() if isinstance(value, UUID)}
        return {*found, str(self.owner.pk)}


def make() -> OwnedData:
    """Create the people and the rows; takes a second."""
    load_catalog()
    data = OwnedData(
        owner=make_user(f"{mark('email')}@example.org", name=f"{mark('name')} Sand"),
        other=make_user("other@example.org", name="Other"),
        staff=make_user("staff@example.org", is_staff=True),
        manager=make_user("manager@example.org", is_staff=True),
    )
    make_user("root@example.org", is_staff=True, is_superuser=True)
    data.manager.user_permissions.set(Permission.objects.all())
    _make_rows(data)
    _sign_in(data)
    _make_ways_to_sign_in(data)
    _make_addresses(data)
    make_image(data.other, job=make_job(data.other, status=Status.SUCCEEDED, prompt="own"))
    return data


def _make_rows(data: OwnedData) -> None:
    owner, values = data.owner, data.values
    now = timezone.now()
    ledger.grant(user=owner, amount=50, reason=mark("reason"))
    image = make_image_with_files(owner, batch=uuid7(), detail=mark("detail"))
    trashed, public, waiting = (
        make_image_with_files(owner),
        make_image_with_files(owner),
        make_image_with_files(owner),
    )
    trashed.trashed_at = now
    trashed.save(update_fields=["trashed_at"])
    shared = share_links.share_by_link(
        make_image_with_files(owner), until=None, with_parameters=False, with_name=False
    )
    published = publications.ask_to_publish(public, with_parameters=False, with_name=False)
    publications.publish(published, by=User.objects.get(email="root@example.org"))
    publications.ask_to_publish(waiting, with_parameters=True, with_name=True)
    Publication.objects.filter(pk=published.pk).update(reason=mark("verdict"))
    Report.objects.create(
        publication=published, reporter="somebody", kind="other", words=mark("report"),
        created_at=now,
    )  # fmt: skip
    upload = Upload.objects.create(
        user=owner, key=f"uploads/{owner.id}/photo.png", width=40, height=30, bytes=100,
        content_type="image/png", sha256="1" * 64, created_at=now,
    )  # fmt: skip
    storage.save(upload.key, FILES["PNG"], content_type="image/png")
    failed = make_job(
        owner, status=Status.FAILED, prompt=mark("prompt"), error_detail=mark("trouble")
    )
    UnreadReply.objects.create(
        job=failed,
        endpoint_id="x",
        body=zlib.compress(mark("reply").encode()),
        at=now,
        is_open=False,
    )
    queued = make_job(
        owner, prompt=mark("prompt"), negative_prompt=mark("negative"), batch=uuid7(),
        source_images=[str(upload.id)],
    )  # fmt: skip
    edited = make_image_with_files(owner, source_images=[str(upload.id)], mask=str(upload.id))
    ImageModel.objects.filter(slug__in=("upscaler", "sdxl-inpaint")).update(enabled=True)
    hold(user=owner, amount=3, reference=queued.id, reason=mark("prompt"))
    collection = collections.create(user=owner, name=mark("collection"))
    collections.add(collection, image_ids=[image.id])
    collection_share_links.share(collection, until=None, with_parameters=False, with_name=False)
    collection.refresh_from_db()
    values |= {"collection_link": collection.link_slug, "member": collection.members.get().pk}
    own_style = own_styles.create(
        user=owner, name=mark("style"), template="{prompt}, print", negative=mark("style")
    )
    preset = presets.share(
        presets.create(
            user=owner,
            name=mark("preset"),
            values={"model": "flux-dev", "style": "oil", "shape": "1024x1024"},
        )
    )
    values |= {"own_style": own_style.id, "preset": preset.id, "preset_link": preset.link_slug}
    deleted = named_rows.delete(collections.create(user=owner, name=mark("gone")))
    IdempotencyKey.objects.create(
        user=owner, key=mark("key"), body_sha256="2" * 64, placed=queued.id, created_at=now
    )
    export = Export.objects.create(
        user=owner, created_at=now, due_at=None, expires_at=now + timedelta(days=1), total=1, done=1,
        parts=[{"key": f"exports/{owner.id}/part-1.zip", "bytes": 10, "files": 1}],
    )  # fmt: skip
    storage.save(export.parts[0]["key"], mark("export").encode(), content_type="application/zip")
    webhook, secret = addresses.add(
        user=owner,
        url=f"https://example.com/{mark('webhook')}",
        topics=WebhookTopic.values,
        credits_below=1,
    )
    data.secrets.append(secret)
    message = WebhookMessage.objects.create(
        address=webhook, type="job.failed", body=f'{{"data":"{mark("message")}"}}', due_at=None
    )
    browser = WebhookAddress.objects.create(
        user=owner,
        session=UserSession.objects.create(
            user=owner, session_key="0" * 40, ip="192.0.2.1", user_agent="Firefox"
        ),
        url=f"https://push.example/{mark('push')}",
        topics=PUSH,
        credits_below=0,
        secret=secrets.stored(mark("push_keys")),
    )
    values |= {"webhook": webhook.id, "webhook_message": message.id, "push": browser.id}
    outbox.enqueue(texts.password_reset(user=owner))
    (email,) = OutgoingEmail.objects.filter(recipient=owner.email)[:1]
    refused_image = make_image_with_files(owner)
    Publication.objects.create(
        image=refused_image, slug="refused", state=PublicationState.REFUSED, reason=mark("rule"),
        matches=[_match()], asked_at=now, decided_at=now,
    )  # fmt: skip
    refused, waiting_review = (
        PromptReview.objects.create(
            user=owner, state=state, prompt=mark("prompt"), digest=state,
            requests=[{"model": "flux-dev", "prompt": mark("prompt")}], matches=[_match()],
            created_at=now,
        )
        for state in (ReviewState.REFUSED, ReviewState.WAITING)
    )  # fmt: skip
    sheet, deleted_sheet = (
        Sheet.objects.create(
            id=batch, user=owner, prompt=mark("prompt"), jobs=[str(job)], created_at=now,
            rows=[[{"by": "prompt", "value": mark("prompt"), "text": mark("prompt")}]],
            columns=[[]], deleted_at=deleted_at,
            asked=ComparisonRequest(prompt=mark("prompt"), models=("flux-dev",)).as_json(),
        )
        for batch, job, deleted_at in (
            (image.job.batch, image.job_id, None), (queued.batch, queued.id, now),
        )
    )  # fmt: skip
    words = word_lists.create(user=owner, name=mark("list"), entries=[mark("entry")])
    deleted_words = named_rows.delete(
        word_lists.create(user=owner, name=mark("listgone"), entries=[mark("entry")])
    )
    values |= {
        "sheet": sheet.id, "deleted_sheet": deleted_sheet.id, "word_list": words.id,
        "deleted_word_list": deleted_words.id,
    }  # fmt: skip
    request = CreditRequest.objects.create(user=owner, note=mark("note"))
    (voucher,) = vouchers.create(VoucherTerms(amount=5))
    values |= {"credit_request": request.pk, "voucher": voucher.pk}
    values |= {
        "slug_of_model": "flux-schnell", "slug_of_program": "curl", "samplers": "sdapi/v1/samplers",
        "png": base64.b64encode(FILES["PNG"]).decode(),
        "image": image.id, "image_key": image.key, "trashed": trashed.id, "shared": shared.id,
        "public": public.id, "waiting": waiting.id, "link": shared.link_slug,
        "slug": published.slug, "publication": published.id,
        "job": image.job_id, "run": image.job.batch, "failed": failed.id, "queued": queued.id,
        "queued_run": queued.batch, "collection": collection.id, "deleted_collection": deleted.id,
        "upload": upload.id, "edited": edited.id, "email": email.id, "export": export.id, "owner": owner.pk, "owner_email": owner.email,
        "style": Style.objects.order_by("id")[0].slug, "refused": refused_image.id,
        "review": refused.id, "waiting_review": waiting_review.id,
    }  # fmt: skip


def _match() -> dict[str, Any]:
    return {"rule": 1, "category": "other", "action": "refuse", "words": [mark("word")]}


def make_image_with_files(owner: User, *, detail: str = "", **fields: Any) -> Image:
    """Return an image with its files, whose metadata contain the marked prompt."""
    job = make_job(
        owner, status=Status.SUCCEEDED, prompt=mark("prompt"), negative_prompt=mark("negative"),
        error_detail=detail, **fields,
    )  # fmt: skip
    JobEvent.objects.create(
        job=job, at=timezone.now(), name="succeeded", status=job.status, attempt=1,
        detail=mark("event"),
    )  # fmt: skip
    image = make_image(owner, job=job)
    data = metadata.described(FILES["PNG"], parameters={"prompt": job.prompt})
    storage.save(image.key, data, content_type="image/png")
    storage.save(image.thumbnail_key, FILES["WEBP"], content_type="image/webp")
    notes.write(image, note=mark("remark"))
    return tagging.replace(image, names=[mark("tag")])


def _make_addresses(data: OwnedData) -> None:
    """Create what the addresses in emails and at RunPod contain."""
    owner, values = data.owner, data.values
    submitted = make_job(
        owner, status=Status.SUBMITTED, prompt=mark("prompt"), runpod_id="rp-1",
        submitted_at=timezone.now(),
    )  # fmt: skip
    leaving = make_user(f"{mark('leaving')}@example.org")
    deletion.close(user=leaving, after=deletion.GRACE)
    hold(user=owner, amount=3, reference=submitted.id, reason=mark("prompt"))
    media = storage.url(values["image_key"])
    invited = Invitation.objects.create(
        email="invited@example.org", credits=5, language="en",
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    values |= {
        "submitted": submitted.id, "leaving": leaving.pk,
        "hook": signing.dumps([str(submitted.id), submitted.attempt], salt=callback_tokens.SALT),
        "keep": deletion.keep_token(leaving),
        "invited": invited.pk, "invitation": invitations.token_of(invited),
        "sign_up": sign_up_links.make_token("new@example.org"),
        "email_change": email_change.token_of(owner, "moved@example.org"),
        "uid": str(owner.pk),
        "reset": password_reset_links.make_token(owner),
        "media_query": media.partition("?")[2],
    }  # fmt: skip


def _sign_in(data: OwnedData) -> None:
    """Create a session and a token of each person, and tokens of the owner that have ended."""
    people = {
        "owner": data.owner, "other": data.other, "staff": data.staff, "manager": data.manager,
    }  # fmt: skip
    for name, user in people.items():
        data.sessions[name] = sign_in.session_of(user)
        data.tokens[name] = tokens.issue(user=user, name=mark("token") if name == "owner" else name)
    data.tokens["revoked"] = tokens.issue(user=data.owner, name=mark("revoked"))
    tokens.revoke(user=data.owner, name=mark("revoked"))
    data.tokens["reader"] = tokens.issue(user=data.owner, name=mark("reader"), scopes=[Scope.READ])
    # A token's first use of a minute is stored, however long the suite takes: not in this hour.
    ApiToken.objects.update(last_used_at=timezone.now() + timedelta(hours=1))
    data.values["path_token"] = data.tokens["owner"]
    data.owner.refresh_from_db()
    digests = ApiToken.objects.values_list("digest", flat=True)
    data.secrets += [data.owner.password, *data.tokens.values(), *data.sessions.values(), *digests]
    data.values |= _admin_rows(data)
    data.values["token"] = ApiToken.objects.get(
        user=data.owner, revoked_at=None, name=mark("token")
    ).pk


def _make_ways_to_sign_in(data: OwnedData) -> None:
    """Create the owner's second factors, service and devices, and a sign-in without its code."""
    owner, values = data.owner, data.values
    service = SocialAccount.objects.create(
        user=owner, provider="gone", uid="1", extra_data={"email": mark("service")}
    )
    data.secrets.append(sign_in.add_app(owner))
    values |= {
        "passkey": sign_in.add_passkey(owner, name=mark("passkey")),
        "owner_service": service.pk,
        "owner_session": sign_in.device_of(owner, session=data.sessions["owner"]),
    }
    sign_in.add_recovery_codes(owner, codes=[mark("recovery")])
    data.sessions["halfway"] = sign_in.halfway_session_of(owner)
    data.secrets.append(data.sessions["halfway"])


def _admin_rows(data: OwnedData) -> dict[str, Any]:
    """Return an object for each page of the admin that shows no user's data."""
    now = timezone.now()
    kind = OutageKind.ENDPOINT_MISSING
    trial = make_job(data.manager, status=Status.SUCCEEDED, credits=0, is_trial=True)
    return {
        "alert": Alert.objects.create(name="RedisDown", started_at=now, seen_at=now).pk,
        "announcement": Announcement.objects.create(text_en="News", text_ru="Новости").pk,
        "trial": trial.pk,
        "group": Group.objects.create(name="moderators").pk,
        "budget": Budget.objects.create(limit_usd=20).pk,
        "rule": ModerationRule.objects.create(pattern="weapon").pk,
        "trusted": TrustedAuthor.objects.create(user=data.other).pk,
        "credit_page": CreditPage.objects.get_or_create(pk=1)[0].pk,
        "switch": GenerationSwitch.objects.get_or_create(id=1)[0].pk,
        "model": trial.model_id,
        "endpoint": trial.model.endpoint.pk,
        "style_id": Style.objects.order_by("id")[0].pk,
        "outage": ProviderOutage.objects.create(
            kind=kind, endpoint_id="gone", since=now, probe_at=now
        ).pk,
        "entry": CreditEntry.objects.filter(user=data.owner).order_by("id")[0].pk,
        "audit_entry": _audit_entry(data.owner),
    }


def _audit_entry(owner: User) -> int:
    audit.record(actor=owner, row=owner, text="renamed")
    entry = LogEntry.objects.order_by("pk").last()
    assert entry
    return int(entry.pk)
