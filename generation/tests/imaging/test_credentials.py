"""Files signed by C2PA, read by the reference reader."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import call_command
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generation.imaging import credentials, image_copies, metadata, origin_key

PARAMETERS = {"prompt": "a secret lighthouse", "model": "flux-dev"}
CREATED = "c2pa.created"


def file(form: str) -> bytes:
    target = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert("RGB").save(target, form)
    return target.getvalue()


def seen(data: bytes) -> dict[str, Any]:
    """Return what another program reads: validation state and the action, without our trust."""
    form = Image.open(io.BytesIO(data)).get_format_mimetype()
    with c2pa.Reader(form, io.BytesIO(data)) as reader:
        assert "lighthouse" not in reader.json()
        read = json.loads(reader.json())
    actions = read["manifests"][read["active_manifest"]]["assertions"][0]["data"]["actions"]
    return {"state": read["validation_state"], **actions[0]}


@pytest.fixture
def key(settings):
    settings.ORIGIN_KEY = origin_key.create("Ateliers").as_line()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_it_signs_what_it_stores_and_its_copies(key, form):
    made = image_copies.prepare(file(form), parameters=PARAMETERS, shows_upload=True)
    bare = metadata.without_parameters(made.data)
    named = [made.data, image_copies.as_format(made.data, format="webp", keeps_parameters=True)]
    named += [image_copies.as_format(made.data, format=name) for name in ("png", "jpeg", "webp")]
    for copy in [*named, bare, image_copies.as_format(bare, format="jpeg", side=16)]:
        action = seen(copy)
        assert action["state"] == "Valid"
        assert action["action"] == CREATED
        assert action["digitalSourceType"].endswith(metadata.COMPOSITE)
        assert metadata.LOST.encode() not in copy
        model = {"name": "flux-dev"} if copy in named else None
        assert action.get("softwareAgent") == model
    assert b"lighthouse" not in bare
    assert metadata.COMPOSITE.encode() in made.thumbnail


def test_it_recognizes_its_own_signature_only(key, settings):
    now = datetime.now(UTC).replace(microsecond=0)
    claim = credentials.Claim(metadata.TRAINED, now, model="flux-dev")
    data = credentials.signed(metadata.described(file("PNG")), claim)
    assert credentials.read(data) == claim
    assert credentials.signed(data, claim) == data
    changed = data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]
    assert credentials.read(changed) is None
    settings.ORIGIN_KEY = origin_key.create("Others").as_line()
    assert credentials.read(data) is None
    assert metadata.LOST.encode() in metadata.without_parameters(data)
    settings.ORIGIN_KEY = ""
    assert credentials.read(data) is None


def test_it_does_not_recognize_another_certificate_of_its_issuer(settings):
    issuer_key, *keys = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    leaf, issuer = origin_key.create("Ateliers").chain

    def certified(like, key):
        times = like.not_valid_before_utc, like.not_valid_after_utc
        number = x509.random_serial_number()
        return x509.CertificateBuilder(
            issuer.subject, like.subject, key.public_key(), number, *times, list(like.extensions)
        ).sign(issuer_key, hashes.SHA256())

    forms = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    shared = certified(issuer, issuer_key).public_bytes(forms[0])
    ours, other = (
        origin_key.from_pem(
            key.private_bytes(*forms, serialization.NoEncryption())
            + certified(leaf, key).public_bytes(forms[0])
            + shared
        )
        for key in keys
    )
    target, chunks = io.BytesIO(), PngInfo()
    chunks.add(b"ourS", ours.mark)  # so that the file is parsed
    Image.new("RGB", (40, 30)).save(target, "PNG", pnginfo=chunks)
    for signer, is_known in ((other, False), (ours, True)):
        settings.ORIGIN_KEY = signer.as_line()
        claim = credentials.Claim(metadata.TRAINED, datetime.now(UTC))
        data = credentials.signed(target.getvalue(), claim)
        settings.ORIGIN_KEY = ours.as_line()
        assert (credentials.read(data) is not None) == is_known


def test_the_command_prints_a_key_that_can_be_installed(settings, tmp_path, capsys):
    call_command("origin_key", "create", "--name", "Ateliers")
    settings.ORIGIN_KEY = capsys.readouterr().out.strip().removeprefix("ORIGIN_KEY=")
    call_command("origin_key", "show")
    shown = capsys.readouterr().out
    assert shown.startswith("CN=Ateliers,O=Ateliers, until ")
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    key.write_bytes(origin_key.current().private_key)
    chain.write_text(shown)
    call_command("origin_key", "install", str(key), str(chain))
    assert capsys.readouterr().out.strip() == f"ORIGIN_KEY={settings.ORIGIN_KEY}"
    assert origin_key.current().expires_at > datetime.now(UTC) + timedelta(days=3640)


def test_it_refuses_a_certificate_of_another_key():
    first, second = origin_key.create("first"), origin_key.create("second")
    with pytest.raises(origin_key.KeyInvalid):
        origin_key.from_pem(first.private_key + second.chain_pem)
