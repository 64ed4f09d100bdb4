"""The fast JSON of jobs, images and models has the shapes that the API documents."""

from django.utils import timezone

from artgen.testing.api import ApiTestCase, make_image, make_job
from generation.api.models import model_json
from generation.api.shapes_images import ImageShape
from generation.api.shapes_jobs import JobShape
from generation.api.shapes_models import ModelShape
from generation.catalog.parameters import JOB_FIELDS, JOB_PARAMETERS, PAYLOAD_FIELDS
from generation.jobs.serializers import JOB_COLUMNS, image_json, job_json, job_rows_json
from generation.models import ImageModel, Job, Status
from generation.runpod.payloads import Parameters


def ordered(value: object) -> object:
    """Return the value with the order of its members."""
    if isinstance(value, dict):
        return [(name, ordered(inner)) for name, inner in value.items()]
    return [ordered(one) for one in value] if isinstance(value, list) else value


class TestShapes(ApiTestCase):
    def test_it_writes_a_job_as_its_serializer_does(self) -> None:
        make_image(self.alice)
        make_job(self.alice)
        jobs = list(Job.objects.with_all().order_by("id"))
        assert {job.status for job in jobs} >= {Status.SUCCEEDED}
        for job in jobs:
            fast = job_json(job)
            assert ordered(fast) == ordered(dict(JobShape(fast).data))

    def test_it_writes_the_same_job_from_named_rows_and_instances(self) -> None:
        make_image(self.alice)
        job = Job.objects.with_all().get()
        rows = Job.objects.values_list(*JOB_COLUMNS, named=True)
        assert job_rows_json(list(rows)) == [job_json(job)]

    def test_it_writes_an_image_as_its_serializer_does(self) -> None:
        image = make_image(self.alice, trashed_at=timezone.now())
        fast = image_json(image)
        assert ordered(fast) == ordered(dict(ImageShape(fast).data))

    def test_it_writes_a_model_as_its_serializer_does(self) -> None:
        for model in ImageModel.objects.all():
            fast = model_json(model)
            assert fast == ModelShape(fast).data

    def test_it_has_a_column_and_a_place_in_the_payload_for_each_parameter(self) -> None:
        columns = {field.name for field in Job._meta.get_fields()}
        assert set(JOB_FIELDS) <= columns
        assert set(PAYLOAD_FIELDS) == set(Parameters.__dataclass_fields__)
        assert [one.name for one in JOB_PARAMETERS if one.required] == ["prompt"]
