from generation.admin.image_models.image_model_form import ImageModelForm
from generation.admin.image_models.json_field import ReadableJSONField
from generation.testing.cases import BaseTestCase


class TestJSONField(BaseTestCase):
    def test_it_keeps_what_was_typed_when_it_cannot_be_read(self) -> None:
        form = ImageModelForm(data={"parameters": "{half"})
        assert not form.is_valid()
        assert form["parameters"].value() == "{half"

    def test_it_writes_letters_of_every_alphabet(self) -> None:
        assert ReadableJSONField().prepare_value({"имя": {"a": 1}}) == '{\n  "имя": {"a": 1}\n}'
