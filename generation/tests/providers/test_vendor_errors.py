"""Vendors' words become our codes, by a table."""

import json

import pytest

from generation.demo.emulator import outputs
from generation.providers.payloads import CODES, classify


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NSFW content detected", "prompt_refused"),
        # WaveSpeed's, for most of its models.
        (
            "Content flagged as potentially sensitive. Please try different prompts or images.",
            "prompt_refused",
        ),
        ("The image was flagged by a content checker", "prompt_refused"),
        ("PROHIBITED_CONTENT", "prompt_refused"),
        ("Request Moderated", "prompt_refused"),
        ("This violates our guidelines", "prompt_refused"),
        ("The prompt may violate copyright", "prompt_refused"),
        ("Your prompt violates our content policy", "prompt_refused"),
        ("The request was rejected by the safety system", "prompt_refused"),
        ("Input validation error: prompt is a required input", "invalid_input"),
        ("num_inference_steps must be between 1 and 50, got 90", "invalid_input"),
        ("Unexpected input. foo is not a valid input option.", "invalid_input"),
        ("Failed to load LoRA model from URL", "lora_unreadable"),
        ("Failed to load LoRA model from https://example.org/nsfw.safetensors", "lora_unreadable"),
        ("Invalid image URL", "source_unreadable"),
        ("Invalid image URL in images array", "source_unreadable"),
        ("Failed to download image from https://x", "source_unreadable"),
        ("cannot identify image file <_io.BytesIO object at 0x7f>", "source_unreadable"),
        ("Workflow validation failed: …", "workflow_invalid"),
        ("Value not in list: ckpt_name", "workflow_invalid"),
        ("CUDA out of memory. Tried to allocate 2.25 GiB", "out_of_memory"),
        ("torch.cuda.OutOfMemoryError", "out_of_memory"),
        ("CUDA error: an illegal memory access was encountered", "gpu_lost"),
        ("worker exited with exit code 137", "gpu_lost"),
        ("ComfyUI server (127.0.0.1:8188) not reachable after multiple retries.", "gpu_lost"),
        ("job timed out after 1 retries", "timed_out"),
        ("executionTimeout exceeded", "timed_out"),
        ("No images were generated", "no_output"),
        ("The image is too large: 9000x9000", "invalid_input"),
        ("Too many requests, rate limit exceeded", "provider_error"),
        ("Insufficient balance", "provider_unpaid"),
        ("You have reached your spending limit", "provider_unpaid"),
        ("Something went wrong", "provider_error"),
        ("", "provider_error"),
        ({"error": "CUDA out of memory"}, "out_of_memory"),
        (["CUDA error: unspecified launch failure"], "gpu_lost"),
        (None, "provider_error"),
        (outputs.REFUSED, "prompt_refused"),
        (outputs.OUT_OF_MEMORY, "out_of_memory"),
        (outputs.traceback_text("w1"), "provider_error"),
    ],
)
def test_it_maps_a_text_to_a_code(text, code):
    failure = classify(text)
    assert failure.code == code
    assert failure.retryable is CODES[code]


def test_it_looks_past_the_traceback():
    trace = (
        "Traceback (most recent call last):\n"
        '  File "a.py", line 1, in safety_checker\n'
        '    raise ValueError("invalid")\n'
    )
    inside = json.dumps(
        {"error_type": "KeyError", "error_message": "'latents'", "error_traceback": trace}
    )
    assert classify(inside).code == "provider_error"
    assert classify(trace + "RuntimeError: CUDA error: device lost\n").code == "gpu_lost"
