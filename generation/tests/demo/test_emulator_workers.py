"""The emulated workers speak each dialect, and fail as the real ones do."""

import io

import pytest
from PIL import Image

from generation.imaging import metadata
from generation.imaging.image_decoding import decode
from generation.providers import payloads
from generation.providers.job_report import RemoteState
from generation.providers.payloads import DIALECTS, PUBLIC, OutputError
from generation.testing.rows.payloads import FORMATS, WORKFLOW, dialect_of
from generation.testing.servers.emulator import ENDPOINT, INPUT, fetched, place, run

pytestmark = pytest.mark.release("generation/demo/")

EDITS = [name for name, table in FORMATS.items() if table.get("sources", {"min": 0}).get("min", 1)]


class TestWorkers:
    @pytest.mark.parametrize(
        "dialect", [name for name in (*FORMATS, *DIALECTS) if name not in EDITS]
    )
    def test_it_answers_each_dialect_with_a_picture_of_the_right_size(
        self, emulator, client, dialect
    ):
        endpoint, body = place(dialect)
        runpod_id = run(client, endpoint=endpoint, body=body)
        assert emulator.jobs[-1].dialect == dialect
        emulator.advance(5)
        result = payloads.read(dialect_of(dialect), client.status(endpoint, runpod_id))
        info = decode(fetched(emulator, result.images[0]))[0]
        assert (info.width, info.height) == (
            (512, 512) if dialect == "sdxl_turbo" else (1024, 1024)
        )
        assert metadata.source_type_of(fetched(emulator, result.images[0])) == metadata.ALGORITHMIC
        assert result.seed in (None, 42)
        assert (result.cost is None) == (dialect in DIALECTS)

    @pytest.mark.parametrize(
        ("endpoint", "body"),
        [
            (ENDPOINT, {"size": "1024*1024"}),
            (ENDPOINT, {"prompt": "  "}),
            (ENDPOINT, {"prompt": "a", "size": "1024x1024"}),
            ("wan-2-6-t2i", {"prompt": "a", "size": "512*512"}),
            ("p-image-t2i", {"prompt": "a", "aspect_ratio": "21:9"}),
            ("black-forest-labs-flux-1-dev", {"prompt": "a", "width": 1000}),
            ("black-forest-labs-flux-1-dev", {"prompt": "a", "width": 2048}),
            ("black-forest-labs-flux-1-schnell", {"prompt": "a", "num_inference_steps": 9}),
            ("black-forest-labs-flux-1-dev", {"prompt": "a", "guidance": 11}),
            ("qwen-image-edit", {"prompt": "a"}),
            ("qwen-image-edit-2511", {"prompt": "a", "images": ["https://x/a.png"] * 4}),
            ("p-image-edit", {"prompt": "a", "images": []}),
            ("p-image-edit", {"prompt": "a", "images": ["file:///etc/passwd"]}),
            ("p-image-t2i", {"prompt": "a", "aspect_ratio": "custom"}),
            (
                "p-image-t2i",
                {"prompt": "a", "aspect_ratio": "custom", "width": 1000, "height": 1024},
            ),
            (
                "p-image-t2i",
                {"prompt": "a", "aspect_ratio": "custom", "width": 1456, "height": 1024},
            ),
            ("p-image-t2i", {"prompt": "a", "aspect_ratio": "match_input_image"}),
            (
                "p-image-edit",
                {"prompt": "a", "images": ["https://x/a.png"], "aspect_ratio": "custom"},
            ),
            ("nano-banana-edit", {"prompt": "a", "images": ["https://x/a.png"] * 5}),
            ("nano-banana-edit", {"prompt": "a"}),
            (
                "nano-banana-pro-edit",
                {"prompt": "a", "images": ["https://x/a.png"], "aspect_ratio": "3:4"},
            ),
            (
                "nano-banana-pro-edit",
                {"prompt": "a", "images": ["https://x/a.png"], "resolution": "8k"},
            ),
            ("google-nano-banana-2-edit", {"prompt": "a", "images": ["https://x/a.png"] * 15}),
            ("qwen-image-t2i-lora", {"prompt": "a", "loras": "https://x/a"}),
            ("qwen-image-t2i-lora", {"prompt": "a", "loras": [{"scale": 1}]}),
            ("qwen-image-t2i-lora", {"prompt": "a", "loras": [{"path": "https://x/a"}]}),
            (
                "qwen-image-t2i-lora",
                {"prompt": "a", "loras": [{"path": "https://gone.invalid/a", "scale": 1}]},
            ),
            ("own", {"workflow": {}}),
            ("own", {"workflow": {"1": {"inputs": {}}}}),
            ("own", {"workflow": {"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}}),
            ("own", {"workflow": WORKFLOW, "images": [{"name": "a"}]}),
        ],
    )
    def test_it_refuses_what_the_real_worker_would_refuse(self, emulator, client, endpoint, body):
        runpod_id = run(client, endpoint=endpoint, body=body)
        emulator.advance(1)
        report = client.status(endpoint, runpod_id)
        assert report.state is RemoteState.FAILED
        with pytest.raises(OutputError) as caught:
            payloads.read(PUBLIC, report)
        assert not caught.value.retryable or caught.value.code == "source_unreadable"


class TestTinyPainter:
    def test_it_paints_real_pictures_that_follow_prompt_and_seed(self, emulator, client):
        def paint(**changes):
            runpod_id = run(client, body=INPUT | changes)
            emulator.advance(5)
            return fetched(
                emulator, payloads.read(PUBLIC, client.status(ENDPOINT, runpod_id)).images[0]
            )

        first = paint()
        assert first == paint()
        assert (
            len({first, paint(seed=8), paint(prompt="a loud sea"), paint(negative_prompt="fog")})
            == 4
        )
        with Image.open(io.BytesIO(first)) as image:
            assert image.size == (1024, 768)
            assert len(image.convert("RGB").getcolors()) == 2
