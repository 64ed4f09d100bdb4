"""What RunPod gets for a job."""

from generation.jobs.inputs import payloads, sources
from generation.models import ImageModel
from generation.testing.cases import EmulatorTestCase


class TestOfJob(EmulatorTestCase):
    def test_it_follows_the_request_format_as_it_was_when_placed(self) -> None:
        job = self.place(seed=5)
        ImageModel.objects.update(request_format={"prompt": "text"})
        assert payloads.input_of(job, sources.chosen(job))["num_inference_steps"] == 4

    def test_it_sends_the_lora_of_a_job(self) -> None:
        job = self.place(
            model="qwen-image-lora",
            width=1328,
            height=1328,
            lora_url="https://example.org/a",
            lora_scale=0.5,
        )
        assert payloads.input_of(job, sources.chosen(job))["loras"] == [
            {"path": "https://example.org/a", "scale": 0.5}
        ]
