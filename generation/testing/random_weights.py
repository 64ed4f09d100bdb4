"""Weights of Stable Diffusion 1.5 with its names and shapes and random numbers: 1.07 GB of FP8.

Names and shapes: https://github.com/CompVis/stable-diffusion, configs/stable-diffusion/v1-inference.
"""

import json
import random
import struct
from collections.abc import Iterator
from pathlib import Path

Shape = tuple[int, ...]
Tensor = tuple[str, Shape]
TEXT, UNET, VAE = (
    "cond_stage_model.transformer.text_model.",
    "model.diffusion_model.",
    "first_stage_model.",
)
LEVELS = (320, 640, 1280, 1280)
VAE_LEVELS = (128, 256, 512, 512)
# FP8 (E4M3) of ±1/32: all other bytes may be NaN or large.
BYTES = b"\x10\x90"
BLOCK = 1 << 20


def write(path: Path) -> None:
    """Write the file as safetensors, the same bytes each time."""
    tensors = list(dict.fromkeys([*_text(), *_unet(), *_vae()]))
    header: dict[str, object] = {}
    at = 0
    for name, shape in tensors:
        is_one = _is_scale(name, shape)
        end = at + _count(shape) * (2 if is_one else 1)
        kind = "F16" if is_one else "F8_E4M3"
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    block = bytes(random.Random(1).choices(BYTES, k=BLOCK))
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in tensors:
            count = _count(shape)
            if _is_scale(name, shape):
                file.write(struct.pack("<e", 1) * count)
                continue
            for _ in range(count // BLOCK):
                file.write(block)
            file.write(block[: count % BLOCK])


def _is_scale(name: str, shape: Shape) -> bool:
    """Return whether it is the weight of a normalization."""
    return len(shape) == 1 and name.endswith(".weight")


def _count(shape: Shape) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _layer(name: str, *shape: int, bias: bool = True) -> Iterator[Tensor]:
    yield f"{name}.weight", shape
    if bias:
        yield f"{name}.bias", shape[:1]


def _text() -> Iterator[Tensor]:
    yield f"{TEXT}embeddings.token_embedding.weight", (49408, 768)
    yield f"{TEXT}embeddings.position_embedding.weight", (77, 768)
    for number in range(12):
        name = f"{TEXT}encoder.layers.{number}."
        yield from _layer(f"{name}layer_norm1", 768)
        yield from _layer(f"{name}layer_norm2", 768)
        for part in ("q", "k", "v", "out"):
            yield from _layer(f"{name}self_attn.{part}_proj", 768, 768)
        yield from _layer(f"{name}mlp.fc1", 3072, 768)
        yield from _layer(f"{name}mlp.fc2", 768, 3072)
    yield from _layer(f"{TEXT}final_layer_norm", 768)


def _unet() -> Iterator[Tensor]:
    yield from _layer(f"{UNET}time_embed.0", 1280, 320)
    yield from _layer(f"{UNET}time_embed.2", 1280, 1280)
    yield from _layer(f"{UNET}input_blocks.0.0", 320, 4, 3, 3)
    sizes, last, number = [320], 320, 1
    for level, size in enumerate(LEVELS):
        for _ in range(2):
            yield from _unet_block(f"{UNET}input_blocks.{number}", last, size, level < 3)
            sizes.append(size)
            last, number = size, number + 1
        if level < 3:
            yield from _layer(f"{UNET}input_blocks.{number}.0.op", size, size, 3, 3)
            sizes.append(size)
            number += 1
    yield from _residual(f"{UNET}middle_block.0", last, last)
    yield from _transformer(f"{UNET}middle_block.1", last)
    yield from _residual(f"{UNET}middle_block.2", last, last)
    number = 0
    for level, size in reversed(list(enumerate(LEVELS))):
        for block in range(3):
            name = f"{UNET}output_blocks.{number}"
            yield from _unet_block(name, last + sizes.pop(), size, level < 3)
            if level and block == 2:
                yield from _layer(f"{name}.{2 if level < 3 else 1}.conv", size, size, 3, 3)
            last, number = size, number + 1
    yield from _layer(f"{UNET}out.0", 320)
    yield from _layer(f"{UNET}out.2", 4, 320, 3, 3)


def _unet_block(name: str, before: int, after: int, has_attention: bool) -> Iterator[Tensor]:
    yield from _residual(f"{name}.0", before, after)
    if has_attention:
        yield from _transformer(f"{name}.1", after)


def _residual(name: str, before: int, after: int) -> Iterator[Tensor]:
    yield from _layer(f"{name}.in_layers.0", before)
    yield from _layer(f"{name}.in_layers.2", after, before, 3, 3)
    yield from _layer(f"{name}.emb_layers.1", after, 1280)
    yield from _layer(f"{name}.out_layers.0", after)
    yield from _layer(f"{name}.out_layers.3", after, after, 3, 3)
    if before != after:
        yield from _layer(f"{name}.skip_connection", after, before, 1, 1)


def _transformer(name: str, size: int) -> Iterator[Tensor]:
    yield from _layer(f"{name}.norm", size)
    yield from _layer(f"{name}.proj_in", size, size, 1, 1)
    block = f"{name}.transformer_blocks.0."
    for attention, context in (("attn1", size), ("attn2", 768)):
        yield from _layer(f"{block}{attention}.to_q", size, size, bias=False)
        yield from _layer(f"{block}{attention}.to_k", size, context, bias=False)
        yield from _layer(f"{block}{attention}.to_v", size, context, bias=False)
        yield from _layer(f"{block}{attention}.to_out.0", size, size)
    yield from _layer(f"{block}ff.net.0.proj", size * 8, size)
    yield from _layer(f"{block}ff.net.2", size, size * 4)
    for number in (1, 2, 3):
        yield from _layer(f"{block}norm{number}", size)
    yield from _layer(f"{name}.proj_out", size, size, 1, 1)


def _vae() -> Iterator[Tensor]:
    encoder, decoder = f"{VAE}encoder", f"{VAE}decoder"
    yield from _layer(f"{encoder}.conv_in", 128, 3, 3, 3)
    last = 128
    for level, size in enumerate(VAE_LEVELS):
        for block in range(2):
            yield from _vae_block(f"{encoder}.down.{level}.block.{block}", last, size)
            last = size
        if level < 3:
            yield from _layer(f"{encoder}.down.{level}.downsample.conv", size, size, 3, 3)
    yield from _vae_middle(encoder)
    yield from _layer(f"{encoder}.norm_out", 512)
    yield from _layer(f"{encoder}.conv_out", 8, 512, 3, 3)
    yield from _layer(f"{VAE}quant_conv", 8, 8, 1, 1)
    yield from _layer(f"{VAE}post_quant_conv", 4, 4, 1, 1)
    yield from _layer(f"{decoder}.conv_in", 512, 4, 3, 3)
    yield from _vae_middle(decoder)
    last = 512
    for level, size in reversed(list(enumerate(VAE_LEVELS))):
        for block in range(3):
            yield from _vae_block(f"{decoder}.up.{level}.block.{block}", last, size)
            last = size
        if level:
            yield from _layer(f"{decoder}.up.{level}.upsample.conv", size, size, 3, 3)
    yield from _layer(f"{decoder}.norm_out", 128)
    yield from _layer(f"{decoder}.conv_out", 3, 128, 3, 3)


def _vae_middle(name: str) -> Iterator[Tensor]:
    yield from _vae_block(f"{name}.mid.block_1", 512, 512)
    yield from _layer(f"{name}.mid.attn_1.norm", 512)
    for part in ("q", "k", "v", "proj_out"):
        yield from _layer(f"{name}.mid.attn_1.{part}", 512, 512, 1, 1)
    yield from _vae_block(f"{name}.mid.block_2", 512, 512)


def _vae_block(name: str, before: int, after: int) -> Iterator[Tensor]:
    yield from _layer(f"{name}.norm1", before)
    yield from _layer(f"{name}.conv1", after, before, 3, 3)
    yield from _layer(f"{name}.norm2", after)
    yield from _layer(f"{name}.conv2", after, after, 3, 3)
    if before != after:
        yield from _layer(f"{name}.nin_shortcut", after, before, 1, 1)
