"""The Job JSON: the same from rows and instances, with each parameter."""

from generation.catalog.job_parameters import JOB_FIELDS, JOB_PARAMETERS, PAYLOAD_FIELDS
from generation.jobs.live.job_json import JOB_COLUMNS, job_json, job_rows_json
from generation.models import Job
from generation.providers.payloads import Parameters
from generation.testing.rows.api import ApiTestCase, make_image


class TestJobJson(ApiTestCase):
    def test_it_writes_the_same_job_from_named_rows_and_instances(self) -> None:
        make_image(self.alice)
        job = Job.objects.with_all().get()
        rows = Job.objects.values_list(*JOB_COLUMNS, named=True)
        assert job_rows_json(list(rows)) == [job_json(job)]

    def test_it_has_a_column_and_a_place_in_the_payload_for_each_parameter(self) -> None:
        columns = {field.name for field in Job._meta.get_fields()}
        assert set(JOB_FIELDS) <= columns
        assert set(PAYLOAD_FIELDS) == set(Parameters.__dataclass_fields__)
        assert [one.name for one in JOB_PARAMETERS if one.required] == ["prompt"]
