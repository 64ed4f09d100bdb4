from artgen.test import EmulatorTestCase
from generation import eta
from generation.models import ImageModel


class OfOrderTests(EmulatorTestCase):
    def test_it_counts_whole_rounds_of_what_may_be_out_at_once(self) -> None:
        model = ImageModel.objects.get(slug="flux-schnell")
        model.max_in_flight, one = 2, eta.speed(model)
        self.assertEqual(eta.of_order(model), eta.Eta(one.p50, one.p90))
        self.assertEqual(eta.of_order(model, count=3), eta.Eta(one.p50 * 2, one.p50 + one.p90))

    def test_it_says_something_for_a_model_that_nothing_may_be_out_of(self) -> None:
        ImageModel.objects.filter(slug="flux-schnell").update(max_in_flight=0)
        model = ImageModel.objects.get(slug="flux-schnell")
        one = eta.speed(model)
        self.assertEqual(eta.of_order(model, count=2), eta.Eta(one.p50 * 2, one.p50 + one.p90))
        self.assertIsNotNone(eta.of_job(self.place()))
