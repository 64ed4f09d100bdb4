"""An image made again from itself: by strength, by an instruction, or by its composition alone."""

from generation.catalog import edit_sizes
from generation.catalog.offers import Offer
from generation.catalog.source_roles import EDIT, SourceRole
from generation.models import Image, ImageModel
from generation.studio.forms.composer import Composer

FINAL = "final"
AMOUNTS = {"subtle": 0.35, "medium": 0.55, "strong": 0.75}
"""How far a variant moves from its image, as a share of the model's range of strengths."""
INSTRUCTIONS = {
    FINAL: "Keep the same composition, subjects and colors of the image. "
    "Render it in full quality with finer detail.",
    "subtle": "Keep the same composition and subjects of the image. Change only small details.",
    "medium": "Keep the subjects and the style of the image. Change the details and the light.",
    "strong": "Keep the subjects and the style of the image. Change the pose, light and framing.",
}
"""What the prompt of a model without `strength` says besides: models read English best."""
COMPOSITION = SourceRole.COMPOSITION.value
WEIGHTS = {FINAL: "-strong", "subtle": "-strong", "medium": "", "strong": "-light"}
"""How closely a graph that takes a composition alone follows the image, if it gets a weight."""


def can_remake(offer: Offer) -> bool:
    return (
        not offer.is_tool
        and offer.min_source_images <= 1 <= offer.max_source_images
        and not {EDIT, COMPOSITION}.isdisjoint(offer.source_roles)
        and "lora_url" not in offer.parameters
    )


def remade(
    image: Image, model: ImageModel, *, amount: str, prompt: str = "", style: str = ""
) -> Composer:
    """Return the form that makes the image again; `amount`: FINAL or one of AMOUNTS.

    `prompt` is another one than the image's.
    """
    texts = {
        "prompt": prompt or own_prompt(image.prompt),
        "negative_prompt": image.origin.negative_prompt,
        "shape": f"{image.width}x{image.height}",
        "style": style,
    }
    source, roles, able = str(image.id), {}, model.offer.source_roles
    if EDIT not in able:
        weighted = COMPOSITION + WEIGHTS[amount]
        roles[source] = weighted if weighted in able else COMPOSITION
    elif "strength" in model.parameters:
        share = AMOUNTS["subtle" if amount == FINAL else amount]
        texts["strength"] = f"{_strength(model.offer, share)}"
    else:
        words = texts["prompt"] if prompt or _is_described(image) else ""
        texts["prompt"] = _instructed(words, INSTRUCTIONS[amount], model.offer)
    return Composer(model=model, texts=texts, sources=[source], roles=roles)


def size_of(form: Composer, image: Image) -> tuple[int, int]:
    """Return the size in px of what a form of `remade` makes of the image."""
    source = (image.width, image.height)
    return form.size or edit_sizes.size_from(form.offer, {}, source=source)


def is_instructed(prompt: str) -> bool:
    """Return whether the prompt tells a model to vary its source image."""
    return any(prompt.endswith(INSTRUCTIONS[amount]) for amount in AMOUNTS)


def own_prompt(prompt: str) -> str:
    """Return the prompt without an instruction of an earlier time."""
    for instruction in INSTRUCTIONS.values():
        prompt = prompt.removesuffix(instruction).rstrip("\n")
    return prompt


def _is_described(image: Image) -> bool:
    """Return whether the prompt says what the image shows, not what was to be changed."""
    job = image.origin
    is_own = own_prompt(job.prompt) == job.prompt
    return not (job.source_images and job.strength is None and is_own)


def _instructed(prompt: str, instruction: str, offer: Offer) -> str:
    text = "\n\n".join(filter(None, [prompt, instruction]))
    limit = offer.max_length("prompt")
    return instruction if limit is not None and len(text) > limit else text


def _strength(offer: Offer, share: float) -> float:
    parameter = offer.parameters["strength"]
    low, high = parameter.min or 0, 1 if parameter.max is None else parameter.max
    value = low + share * (high - low)
    step = parameter.step or 0.05
    return float(min(high, round(low + round((value - low) / step) * step, 4)))
