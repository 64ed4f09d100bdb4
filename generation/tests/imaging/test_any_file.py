"""Whatever bytes are uploaded or fetched: an image, or a refusal."""

import io

from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from generation.imaging import metadata
from generation.imaging.containers import jpeg, png
from generation.imaging.containers.errors import Malformed
from generation.imaging.containers.exif import UPRIGHT, orientation, orientation_only
from generation.imaging.image_decoding import ImageInfo, InvalidImage, decode
from generation.testing.rows.image_files import FILES

some = settings(max_examples=200, deadline=None, derandomize=True)

STARTS = [
    png.SIGNATURE,
    jpeg.SIGNATURE,
    b"RIFF\x20\0\0\0WEBP",
    b"RIFF\xff\xff\xff\xffWEBPVP8X",
    b"RIFF\0\0\0\0WEBP",
    *(data[:60] for data in FILES.values()),
]
ENDS = [data[-40:] for data in FILES.values()]
any_file = st.builds(
    lambda *parts: b"".join(parts),
    st.sampled_from([*STARTS, b""]),
    st.binary(max_size=120),
    st.sampled_from([*ENDS, b""]),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a file of which a part is replaced, doubled or missing."""
    data = draw(st.sampled_from(list(FILES.values())))
    at = draw(st.integers(0, len(data)))
    length = draw(st.integers(0, 64))
    return data[:at] + draw(st.binary(max_size=64)) + data[at + length :]


@some
@given(any_file | damaged())
@example(png.SIGNATURE + b"\xff\xff\xff\xffIHDR")
@example(b"RIFF\x0c\0\0\0WEBPVP8 ")
@example(b"\xff\xd8\xff\xe1\0\0")
def test_it_reads_the_metadata_of_any_file_or_calls_it_malformed(data: bytes) -> None:
    for read in (
        metadata.packet_of,
        metadata.source_type_of,
        metadata.described,
        metadata.without_parameters,
    ):
        try:
            read(data)
        except Malformed:
            continue


@some
@given(any_file | damaged())
def test_it_takes_the_parameters_out_of_whatever_it_can_write(data: bytes) -> None:
    secret = {"prompt": "vqzmprompt"}
    try:
        kept = metadata.without_parameters(metadata.described(data, parameters=secret))
    except Malformed:
        return
    assert b"vqzmprompt" not in kept


@some
@given(any_file | damaged())
def test_it_decodes_any_file_or_calls_it_invalid(data: bytes) -> None:
    try:
        info = decode(data)[0]
    except InvalidImage:
        return
    assert isinstance(info, ImageInfo)
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (info.width, info.height)


@some
@given(st.binary(max_size=200) | st.builds(b"MM\0*".__add__, st.binary(max_size=100)))
@example(b"II*\0\xff\xff\xff\xff")
def test_it_reads_the_orientation_of_any_exif(exif: bytes) -> None:
    found = orientation(exif)
    assert 1 <= found <= 8
    kept = orientation_only(exif)
    assert (kept == b"") == (found == UPRIGHT)
    assert orientation(kept) == found
