"""Finals and variants look like their image: more than two seeds of one prompt do."""

import numpy as np
import pytest
from PIL import Image as Pixels

from accounts.limits import quotas
from generation.catalog.source_roles import numbers_of
from generation.demo.emulator.comfyui_graphs import read_graph
from generation.demo.painter import PaintRequest, paint
from generation.models import ImageModel, Status
from generation.providers.payloads.comfyui_workflow import SLOTS, fill
from generation.studio.forms import final_images, image_edits
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase
from generation.testing.rows.image_files import png_of

PROMPTS = ("a kite", "a lake in autumn at night", "a fox in a snow village")
SIZE = (384, 384)
WINDOW = 8


def similarity(first: Pixels.Image, second: Pixels.Image) -> float:
    """Return contrast and structure of SSIM (Wang et al., 2004), the mean of 8 × 8 windows."""
    planes = [
        np.asarray(one.convert("L").resize((256, 256)), dtype=float) for one in (first, second)
    ]
    tiles = [
        plane.reshape(256 // WINDOW, WINDOW, 256 // WINDOW, WINDOW).swapaxes(1, 2)
        for plane in planes
    ]
    (a, b), axes, c2 = tiles, (2, 3), (0.03 * 255) ** 2
    covariance = (a * b).mean(axes) - a.mean(axes) * b.mean(axes)
    return float(((2 * covariance + c2) / (a.var(axes) + b.var(axes) + c2)).mean())


@pytest.mark.slow
class TestSameComposition(GalleryTestCase):
    def painted(self, prompt, *, seed=7, size=SIZE, **fields):
        width, height = size
        return paint(
            PaintRequest(
                prompt=prompt, width=width, height=height, seed=seed, model="p-image", **fields
            )
        )

    def made(self, request, source, *, size=SIZE):
        """Return what the painter makes of a request with this image as its source."""
        model, roles = ImageModel.objects.get(slug=request["model"]), request.get("source_roles")
        if roles:
            (weight,) = numbers_of(roles, model.offer.roles)
            values = dict.fromkeys(SLOTS, 1) | {"weight_1": weight}
            request = {**request, "strength": read_graph(fill(model.workflow, values)).strength}
        return self.painted(
            request.get("prompt", ""),
            seed=99,
            size=size,
            sources=(png_of(source),),
            strength=request.get("strength"),
            scale=request.get("scale", 1),
        )

    def image(self, prompt, model):
        job = make_job(self.alice, status=Status.SUCCEEDED, prompt=prompt, model=model)
        return make_image(self.alice, job=job, width=SIZE[0], height=SIZE[1], seed=7)

    def seeds(self, prompt):
        """Return the painting of a prompt, and how similar one of another seed is."""
        first = self.painted(prompt)
        return first, similarity(first, self.painted(prompt, seed=8))

    def test_it_finishes_a_draft_by_an_edit_strength_composition_and_upscaling(self):
        slugs = ("flux-kontext", "z-image-turbo", "sdxl-canny", "upscaler")
        ImageModel.objects.filter(slug__in=slugs).update(enabled=True)
        models = ImageModel.objects.filter(slug__in=slugs)
        for prompt in PROMPTS:
            draft, of_seeds = self.seeds(prompt)
            image = self.image(prompt, "p-image")
            offered = final_images.of_images(
                [image], models, allowed=quotas.of(self.alice), styles=[]
            )
            assert {one.model.slug for one in offered} == {*slugs}
            assert [one.model.slug for one in offered][0::3] == [slugs[0], slugs[-1]]
            for finals in offered:
                [[request]] = finals.runs
                assert request["source_images"] == [str(image.id)]
                final = self.made(request, draft, size=finals.size)
                assert similarity(draft, final) > of_seeds + 0.1, (prompt, finals.model.slug)

    def test_it_varies_by_the_hand_that_made_the_image(self):
        for slug, by in (("z-image-turbo", "z-image-turbo"), ("p-image", "p-image-edit")):
            models = list(ImageModel.objects.enabled())
            for prompt in PROMPTS:
                source, of_seeds = self.seeds(prompt)
                image = self.image(prompt, slug)
                near = [
                    similarity(source, self.made(request, source))
                    for amount in ("subtle", "medium", "strong")
                    for request in [
                        image_edits.variant_request(image, models, amount=amount, styles=[])
                    ]
                    if request["model"] == by
                ]
                assert min(near, default=0) > of_seeds + 0.1, (slug, prompt, near)
