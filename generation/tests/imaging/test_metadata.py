"""What a file says of its making: written into it, and taken out again, while no pixel changes."""

import io
import json
import subprocess
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from generation.imaging import credentials, image_copies, metadata
from generation.imaging.containers import jpeg, png, webp
from generation.imaging.containers.errors import Malformed
from generation.imaging.image_decoding import InvalidImage, decode
from generation.testing.rows.image_files import (
    FILES,
    FOREIGN_XMP,
    ON_ITS_SIDE,
    PROFILE,
    SECRET,
    encoded,
    mpo,
)

TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
ALGORITHMIC = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
MARK = "XMP-iptcExt:DigitalSourceType"
PARAMETERS = {
    "prompt": "Чай & <холмы> 🍵",
    "negative_prompt": "fog",
    "model": "flux-dev",
    "seed": 7,
}


def seen(data: bytes) -> tuple[object, ...]:
    """Return what decides how an image looks.

    Pixels, color profile, orientation, transparent color.
    """
    with Pillow.open(io.BytesIO(data)) as image:
        image.load()
        info = {
            name: image.info.get(name) for name in ("icc_profile", "transparency", "gamma", "dpi")
        }
        return image.size, image.mode, image.tobytes(), info, image.getexif().get(0x0112, 1)


@pytest.fixture(scope="module")
def read_back(tmp_path_factory):
    """Return what exiftool reads in each file, described and bare, by kind."""
    folder = tmp_path_factory.mktemp("files")
    for number, data in enumerate(FILES.values()):
        described = metadata.described(data, parameters=PARAMETERS)
        (folder / f"described-{number:02}").write_bytes(described)
        (folder / f"bare-{number:02}").write_bytes(metadata.without_parameters(described))
    files = [str(path) for path in sorted(folder.iterdir())]
    command = ["exiftool", "-json", "-G1", "-a", *files]
    read = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {
        "bare": dict(zip(FILES, read, strict=False)),
        "described": dict(zip(FILES, read[len(FILES) :], strict=True)),
    }


@pytest.mark.exiftool
@pytest.mark.parametrize("kind", FILES)
def test_it_writes_mark_and_parameters_that_exiftool_reads(kind, read_back):
    read = read_back["described"][kind]
    assert "ExifTool:Warning" not in read
    assert read[MARK] == TRAINED
    assert read["XMP-xmp:CreatorTool"] == "ArtGen"
    assert read["XMP-iptcExt:AISystemUsed"] == "flux-dev"
    assert read["XMP-iptcExt:AIPromptInformation"] == "Чай & <холмы> 🍵\nNegative prompt: fog"
    assert json.loads(read["XMP-artgen:Parameters"]) == PARAMETERS
    if kind.startswith("PNG"):
        assert json.loads(read["PNG:Parameters"]) == PARAMETERS


@pytest.mark.exiftool
@pytest.mark.parametrize("kind", FILES)
def test_it_keeps_the_mark_where_everything_else_is_taken_out(kind, read_back):
    read = read_back["bare"][kind]
    assert "ExifTool:Warning" not in read
    assert read[MARK] == TRAINED
    words = json.dumps(read, ensure_ascii=False)
    for secret in ("холмы", "flux-dev", SECRET, "AIPrompt", "artgen"):
        assert secret not in words
    groups = {name.partition(":")[0] for name in read if not name.startswith("ICC")}
    looks = {"PNG", "PNG-pHYs", "JFIF", "Adobe", "RIFF", "IFD0", "XMP-xmp", "XMP-iptcExt"}
    assert groups - {"SourceFile", "ExifTool", "System", "File", "Composite"} <= looks
    assert {name for name in read if name.startswith("IFD0:")} <= {"IFD0:Orientation"}


@pytest.mark.parametrize("kind", FILES)
def test_it_tells_no_secret_where_parameters_are_left_out(kind):
    assert SECRET.encode() not in metadata.without_parameters(FILES[kind])


@pytest.mark.parametrize("kind", FILES)
def test_it_changes_nothing_that_is_seen(kind):
    data = FILES[kind]
    described = metadata.described(data, parameters=PARAMETERS)
    assert described != data
    assert seen(described) == seen(data)
    assert seen(metadata.without_parameters(described)) == seen(data)
    assert seen(metadata.without_parameters(data)) == seen(data)
    if kind.endswith("tagged"):
        assert seen(data)[3]["icc_profile"] == PROFILE
        assert seen(data)[4] == ON_ITS_SIDE


@pytest.mark.parametrize("kind", FILES)
def test_it_replaces_what_it_wrote_before(kind):
    once = metadata.described(FILES[kind], parameters=PARAMETERS)
    assert metadata.described(once, parameters=PARAMETERS) == once
    assert once.count(TRAINED.encode()) == 1
    other = metadata.described(once, parameters={"prompt": "another"})
    assert "холмы".encode() not in other
    assert metadata.without_parameters(once) == metadata.without_parameters(other)


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind.endswith("tagged")])
def test_it_replaces_xmp_and_leaves_other_words_of_the_provider_alone(kind):
    described = metadata.described(FILES[kind], parameters=PARAMETERS)
    assert FOREIGN_XMP not in described
    assert SECRET.encode() in described  # its EXIF


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_it_believes_a_file_that_says_no_model_made_it(form):
    said = metadata.packet(metadata.ALGORITHMIC)
    with_packet = {
        "PNG": png.with_notes(FILES["PNG"], xmp=said, texts={}),
        "JPEG": encoded("JPEG", xmp=said),
    }
    data = with_packet.get(form) or encoded("WEBP", xmp=said)
    assert metadata.source_type_of(data) == metadata.ALGORITHMIC
    for changed in (
        metadata.described(data, parameters=PARAMETERS),
        metadata.without_parameters(data),
    ):
        assert ALGORITHMIC.encode() in changed
        assert TRAINED.encode() not in changed
    made = image_copies.prepare(data, parameters=PARAMETERS)
    assert ALGORITHMIC.encode() in made.thumbnail


@pytest.mark.parametrize(
    "said", ["digitalCapture", "algorithmicMediaX", "humanEdits", "trainedAlgorithmicMedia"]
)
def test_it_believes_no_other_source(said):
    xmp = metadata.packet(metadata.TRAINED).replace(b"trainedAlgorithmicMedia", said.encode())
    described = metadata.described(encoded("JPEG", xmp=xmp))
    assert described.count(TRAINED.encode()) == 1
    assert described.count(b"digitalsourcetype/") == 1


def test_it_leaves_parameters_out_where_a_jpeg_has_no_room_for_them():
    parameters = {"prompt": "<" * 20_000}
    described = metadata.described(FILES["JPEG"], parameters=parameters)
    assert seen(described) == seen(FILES["JPEG"])
    assert metadata.packet_of(described) == metadata.packet(metadata.TRAINED)
    for form in ("PNG", "WEBP"):  # the others have room
        assert b"&lt;" * 20_000 in metadata.packet_of(
            metadata.described(FILES[form], parameters=parameters)
        )


@pytest.mark.slow
@given(
    st.dictionaries(
        st.sampled_from(["prompt", "negative_prompt", "model"]), st.text(st.characters(codec=None))
    )
)
def test_it_writes_words_of_any_kind(parameters):
    packet = metadata.packet(metadata.TRAINED, parameters)
    assert not metadata.NOT_XML.search(packet.decode())
    for form in ("PNG", "JPEG", "WEBP"):
        assert seen(metadata.described(FILES[form], parameters=parameters)) == seen(FILES[form])


MANIFEST = (
    b"JP\0\1\0\0\0\1\0\0\0\x40jumb\0\0\0\x26jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\3c2pa\0"
)


def signed(form: str) -> bytes:
    """Return a file in which its maker has put a manifest, as C2PA says for the format."""
    data, length = FILES[form], len(MANIFEST)
    if form.startswith("PNG"):
        chunk = b"caBX" + MANIFEST
        whole = length.to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        return data[:33] + whole + data[33:]  # behind IHDR
    if form.startswith("JPEG"):
        return data[:2] + b"\xff\xeb" + (length + 2).to_bytes(2, "big") + MANIFEST + data[2:]
    chunk = b"C2PA" + length.to_bytes(4, "little") + MANIFEST + b"\0" * (length % 2)
    return b"RIFF" + (len(data) - 8 + len(chunk)).to_bytes(4, "little") + data[8:] + chunk


@pytest.mark.parametrize("form", ["PNG", "PNG, tagged", "JPEG", "JPEG, tagged", "WEBP, tagged"])
def test_it_keeps_a_signed_file_and_says_in_copies_what_they_lose(form):
    data = signed(form)
    assert seen(data) == seen(FILES[form])
    made = image_copies.prepare(data, parameters=PARAMETERS, shows_upload=True)
    assert made.data == data
    bare = metadata.without_parameters(data)
    copies = [
        made.thumbnail,
        bare,
        image_copies.as_format(data, format="webp", keeps_parameters=True),
    ]
    copies += [image_copies.as_format(data, format=name) for name in ("png", "jpeg", "webp")]
    copies.append(image_copies.as_format(copies[1], format="jpeg", side=8))
    for copy in copies:
        assert MANIFEST not in copy
        assert copy.count(metadata.LOST.encode()) == 1
        assert copy.count(b"digitalsourcetype/") == 1
        assert not credentials.present(copy)
    assert metadata.COMPOSITE.encode() in made.thumbnail
    assert SECRET.encode() not in b"".join(copies)
    assert seen(bare) == seen(data)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_it_marks_what_shows_an_upload_as_a_composite(form):
    made = image_copies.prepare(FILES[form], parameters=PARAMETERS, shows_upload=True)
    bare = metadata.without_parameters(made.data)
    copies = [
        made.data,
        made.thumbnail,
        bare,
        image_copies.as_format(made.data, format="webp", keeps_parameters=True),
    ]
    copies += [image_copies.as_format(made.data, format=name) for name in ("png", "jpeg", "webp")]
    mark = f"digitalsourcetype/{metadata.COMPOSITE}<".encode()
    for copy in copies:
        assert copy.count(b"digitalsourcetype/") == copy.count(mark) == 1
        assert metadata.LOST.encode() not in copy
    painted = metadata.with_packet(FILES[form], metadata.packet(metadata.ALGORITHMIC))
    made = image_copies.prepare(painted, shows_upload=True)  # no model has been trained
    assert metadata.source_type_of(made.data) == metadata.ALGORITHMIC


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_it_takes_out_what_stands_behind_the_image(form):
    data = FILES[form] + SECRET.encode()
    bare = metadata.without_parameters(data)
    assert SECRET.encode() not in bare
    assert seen(bare) == seen(data)


def test_it_shows_a_second_view_to_nobody():
    assert metadata.without_parameters(mpo()).count(b"\xff\xd8\xff") == 1


def test_it_leaves_what_is_no_image_as_it_is():
    for data in (b"", b"\x89PNG", b"<html>", bytes(5000), b"RIFF\4\0\0\0WAVE"):
        assert metadata.described(data) == metadata.without_parameters(data) == data
        assert metadata.packet_of(data) == b""


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (png.SIGNATURE, bytes(12)),
        (jpeg.SIGNATURE[:2], b"\xff\xfe\0\2"),
        (b"RIFF\4\x80\x1e\0WEBP", bytes(8)),
    ],
)
def test_it_refuses_a_file_of_a_million_parts(start, part):
    data = start + part * 1_000_000
    with pytest.raises(Malformed, match="more than"):
        metadata.described(data)
    with pytest.raises(Malformed, match="more than"):
        metadata.without_parameters(data)


def mutated(data: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    """Return the file with bytes replaced, put in, or cut off at these shares of its length."""
    for share, how, piece in changes:
        at = int(share * len(data))
        if how == "put in":
            data = data[:at] + piece + data[at:]
        elif how == "replace":
            data = data[:at] + piece + data[at + len(piece) :]
        elif how == "take out":
            data = data[:at] + data[at + len(piece) :]
        else:
            data = data[:at]
    return data


def pixels(data: bytes) -> bytes:
    """Return what is decoded, nothing where the file is refused."""
    try:
        return decode(data)[1].tobytes()
    except InvalidImage:
        return b""


def pixels_without_words(data: bytes) -> bytes:
    """Return `pixels` of the file after what may be broken without any harm is gone."""
    try:
        return pixels(metadata.without_parameters(data))
    except Malformed:
        return b""


CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(["replace", "put in", "take out", "cut off"]),
        st.one_of(
            st.binary(min_size=1, max_size=12),
            st.sampled_from(
                [
                    b"\xff\xd9",
                    b"\xff\xe1\0\2",
                    b"\xff\xda",
                    b"IEND",
                    b"EXIF",
                    b"VP8 ",
                    b"\0\0\0\0",
                    b"\xff",
                ]
            ),
        ),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True)
@given(kind=st.sampled_from(sorted(FILES)), changes=CHANGES)
def test_it_refuses_a_broken_file_or_leaves_its_pixels(kind, changes):
    data = mutated(FILES[kind], changes)
    before = pixels(data) or pixels_without_words(
        data
    )  # broken words are replaced, so they do not cause a refusal
    try:
        made = image_copies.prepare(data, parameters=PARAMETERS)
    except InvalidImage:
        assert pixels(data) == b""
        return
    bare = metadata.without_parameters(made.data)
    assert pixels(made.data) == pixels(bare) == before
    assert TRAINED.encode() in made.data
    assert TRAINED.encode() in bare


def test_it_never_completes_a_truncated_webp_by_the_mark():
    data = FILES["WEBP"]
    for end in range(webp.HEADER_LENGTH, len(data)):
        with pytest.raises(Malformed):
            metadata.described(data[:end])
    shortened = (
        data[:4] + (len(data) - 8 - 2).to_bytes(4, "little") + data[8:-2]
    )  # its head says what is there
    with pytest.raises(InvalidImage):
        decode(shortened)
    with pytest.raises(InvalidImage):
        image_copies.prepare(shortened)


def test_it_keeps_the_second_view_of_a_jpeg_whose_first_is_broken():
    """Decoders read on to it, behind the end of the first."""
    changes = [(0.5, "take out", b"\0"), (0.1875, "replace", bytes(4))]
    data = mutated(FILES["JPEG, two views"], changes)
    bare = metadata.without_parameters(image_copies.prepare(data, parameters=PARAMETERS).data)
    assert pixels(bare) == pixels(data) != b""
