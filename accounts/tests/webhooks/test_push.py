"""Push notifications: what browsers get when a run has ended, and when they get nothing."""

import base64
import json
import secrets
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import WebhookAddress, WebhookMessage
from accounts.sessions import sessions
from accounts.user_data import export
from accounts.webhooks import addresses, delivery, push_browsers, push_encryption, push_keys
from generation.jobs.engine import job_control, lifecycle
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase
from generation.testing.servers.webhook_receiver import Request, receiver

MODEL = {"model": "flux-schnell", "prompt": "a secret fog", "width": 256, "height": 256}


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def decrypt(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """Return the text as a browser reads it, from one record."""

    def derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length=length, salt=salt, info=info).derive(secret)

    salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    assert len(sealed) <= size
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    own = decoded(push_keys.public_key_of(key))
    shared = key.exchange(ec.ECDH(), point)
    secret = derived(shared, auth, b"WebPush: info\0" + own + sender, 32)
    content_key = derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    text = AESGCM(content_key).decrypt(nonce, sealed, None)
    assert text[-1:] == b"\x02"
    return text[:-1]


class TestEncryption:
    def test_it_is_that_of_the_standard(self) -> None:
        """https://datatracker.ietf.org/doc/html/rfc8291#section-5"""
        own = int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
        body = push_encryption.encrypt(
            b"When I grow up, I want to be a watermelon",
            p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            auth="BTBZMqHH6r4Tts7J_aSIgg",
            own=ec.derive_private_key(own, ec.SECP256R1()),
            salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
        )
        assert encoded(body) == (
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
            "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
            "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        )


class PushTestCase(EmulatorTestCase):
    """The receiver is the push service of alice's browser, whose keys decrypt."""

    def setUp(self) -> None:
        super().setUp()
        self.receiver = self.enterContext(receiver())
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = secrets.token_bytes(16)
        self.browser = Client(headers={"User-Agent": "Mozilla/5.0 (Linux) Firefox/140.0"})
        self.browser.force_login(self.alice)

    def turn_on(self, browser: Client | None = None, **fields: str) -> Any:
        sent = {
            "url": self.receiver.url("/alice"),
            "p256dh": push_keys.public_key_of(self.key),
            "auth": encoded(self.auth),
            "server_key": push_keys.public_key(),
        }
        return (browser or self.browser).post(reverse("turn_on_push"), sent | fields)

    def shown(self, request: Request) -> dict[str, str]:
        """Return what the browser is told to show."""
        found: dict[str, str] = json.loads(decrypt(request.raw, self.key, self.auth))
        return found

    def titles(self) -> list[str]:
        delivery.send_due()
        return [self.shown(request)["title"] for request in self.receiver.requests]

    def write_one(self) -> None:
        """Write a message, without sending it."""
        lifecycle.fail(self.place(), code="gpu_lost")
        assert WebhookMessage.objects.filter(due_at__isnull=False).count() == 1


class TestRuns(PushTestCase):
    def test_a_run_is_pushed_once_when_its_last_image_has_ended(self) -> None:
        assert self.turn_on().status_code == 204
        placed = orders.place_batch(user=self.alice, requests=[MODEL] * 3)
        lifecycle.fail(placed.jobs[0], code="gpu_lost")
        assert self.titles() == []
        self.finish(placed.jobs[1])
        title = "2 images are ready · 1 image failed"
        assert self.titles() == [title]
        (request,) = self.receiver.requests
        assert request.path == "/alice"
        run = f"run-{placed.batch}"
        told = {"title": title, "url": f"/create/#{run}", "tag": run}
        assert self.shown(request) == told
        assert b"fog" not in request.raw
        assert 0 < int(request.headers["TTL"]) <= 4 * 60 * 60
        assert request.headers["Content-Encoding"] == "aes128gcm"
        assert len(self.titles()) == 1

    def test_what_its_user_has_canceled_is_not_pushed(self) -> None:
        self.turn_on()
        job_control.cancel(job=self.place(), actor=self.alice)
        assert self.titles() == []


class TestPushService(PushTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.turn_on()

    def browsers(self) -> int:
        return WebhookAddress.objects.count()

    def test_it_knows_the_site_by_the_key_of_the_subscription(self) -> None:
        self.write_one()
        delivery.send_due()
        (request,) = self.receiver.requests
        scheme, _, fields = request.headers["Authorization"].partition(" ")
        values = dict(field.strip().split("=", 1) for field in fields.split(","))
        assert (scheme, values["k"]) == ("vapid", push_keys.public_key())
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(values["k"]))
        claims = jwt.decode(
            values["t"], key, algorithms=["ES256"], audience=f"http://{self.receiver.host}"
        )
        assert claims["sub"].startswith(("https://", "mailto:"))
        left = claims["exp"] - timezone.now().timestamp()
        assert 0 < left <= 24 * 60 * 60

    def test_a_dead_subscription_is_removed(self) -> None:
        for status in (404, 410, 403):
            self.turn_on()
            self.receiver.status = status
            self.write_one()
            delivery.send_due()
            assert self.browsers() == 0
            self.alice.refresh_from_db()
            assert self.alice.webhook_topics == ""

    def test_a_busy_one_gets_it_later_while_it_is_news(self) -> None:
        self.receiver.status = 503
        self.write_one()
        delivery.send_due()
        message = WebhookMessage.objects.get()
        assert message.due_at
        old = timezone.now() - timedelta(hours=3, minutes=59)
        WebhookMessage.objects.update(created_at=old, due_at=timezone.now(), attempts=3)
        WebhookAddress.objects.update(paused_until=None)
        delivery.send_due()
        assert len(self.receiver.requests) == 2
        assert WebhookMessage.objects.get().due_at is None
        assert self.browsers() == 1

    def test_a_new_secret_key_ends_it_unless_the_old_one_is_kept(self) -> None:
        old = settings.SECRET_KEY
        with override_settings(SECRET_KEY="x" * 50, SECRET_KEY_FALLBACKS=[old]):
            self.write_one()
            delivery.send_due()
        assert len(self.receiver.requests) == 1
        with override_settings(SECRET_KEY="y" * 50):
            self.write_one()
            delivery.send_due()
        assert len(self.receiver.requests) == 1
        assert self.browsers() == 0

    def test_nothing_is_sent_into_the_own_network(self) -> None:
        self.write_one()
        with override_settings(WEBHOOK_HOSTS=[]):
            delivery.send_due()
            assert self.turn_on(url="https://10.0.0.1/x").status_code == 400
            assert self.turn_on().status_code == 400
        assert self.receiver.requests == []


class TestSignOut(PushTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.turn_on()

    def test_it_turns_push_notifications_off(self) -> None:
        self.browser.post(reverse("logout"))
        assert not WebhookAddress.objects.exists()
        self.finish(self.place())
        assert self.titles() == []

    def test_a_session_that_was_ended_elsewhere_gets_nothing(self) -> None:
        self.write_one()
        sessions.end_all(self.alice)
        assert self.titles() == []
        assert not WebhookAddress.objects.exists()

    def test_the_cleanup_forgets_what_belongs_to_no_session(self) -> None:
        push_browsers.forget_signed_out()
        assert WebhookAddress.objects.exists()
        self.browser.session.flush()
        push_browsers.forget_signed_out()
        assert not WebhookAddress.objects.exists()

    def test_a_browser_belongs_to_the_user_who_turned_them_on_last(self) -> None:
        other = Client()
        other.force_login(self.bob)
        assert self.turn_on(other).status_code == 204
        (address,) = WebhookAddress.objects.all()
        assert address.user == self.bob
        self.finish(self.place())
        assert self.titles() == []

    def test_a_replaced_subscription_is_replaced_here_for_the_same_session(self) -> None:
        old, new = self.receiver.url("/alice"), self.receiver.url("/new")
        other = Client()
        other.force_login(self.bob)
        for browser, before in ((other, old), (self.browser, new)):
            assert self.turn_on(browser, url=new, replaces=before).status_code == 404
        assert WebhookAddress.objects.get().url == old
        assert self.turn_on(url=new, replaces=old).status_code == 204
        assert WebhookAddress.objects.get().url == new

    def test_turning_them_on_again_replaces_the_subscription(self) -> None:
        self.turn_on(url=self.receiver.url("/new"))
        self.write_one()
        assert self.titles() == ["1 image failed"]
        assert [request.path for request in self.receiver.requests] == ["/new"]


class TestSettings(PushTestCase):
    def test_it_refuses_what_nothing_can_be_encrypted_for(self) -> None:
        wrong = (
            {"p256dh": encoded(b"\x04" + bytes(64))},
            {"auth": encoded(b"short")},
            {"server_key": push_keys.public_key_of(ec.generate_private_key(ec.SECP256R1()))},
            {"url": "http://example.com/"},
            {"url": ""},
        )
        for fields in wrong:
            with self.subTest(fields):
                assert self.turn_on(**fields).status_code == 400
        assert not WebhookAddress.objects.exists()

    def test_the_profile_lists_browsers_and_turns_them_off(self) -> None:
        assert "data-push-current" not in self.browser.get("/account/profile/").content.decode()
        self.turn_on()
        page = self.browser.get("/account/profile/")
        self.assertContains(page, "data-push-current")
        self.assertContains(page, push_keys.public_key())
        phone = Client()
        phone.force_login(self.alice)
        self.assertNotContains(phone.get("/account/profile/"), "data-push-current")
        id = WebhookAddress.objects.get().id
        phone.post(reverse("turn_off_push"), {"id": id})
        assert not WebhookAddress.objects.exists()

    def test_browsers_are_no_webhooks(self) -> None:
        self.turn_on()
        address = WebhookAddress.objects.get()
        assert addresses.of(self.alice) == []
        assert self.browser.get(reverse("webhook", args=[address.id])).status_code == 404
        assert encoded(self.auth) not in str(WebhookAddress.objects.values().get())

    def test_the_export_has_them_without_keys(self) -> None:
        self.turn_on()
        files = {name: "".join(text) for name, text in export.account_files(self.alice)}
        (row,) = json.loads(files["push_notifications.json"])
        assert row["url"] == self.receiver.url("/alice")
        assert encoded(self.auth) not in str(files)
        assert json.loads(files["webhooks.json"]) == []
