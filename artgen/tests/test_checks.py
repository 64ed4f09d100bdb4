"""System checks: what would only hurt later is refused at the start, with what to do."""

from importlib import metadata
from unittest import mock

import urllib3
from django.test import SimpleTestCase

from artgen import checks


class PackagesTests(SimpleTestCase):
    def test_it_is_silent_where_urllib3_is_itself(self):
        self.assertEqual(checks.packages(None), [])

    def test_it_refuses_a_urllib3_that_another_package_was_written_over(self):
        with mock.patch.object(urllib3, "__version__", "2.25.904"):
            (error,) = checks.packages(None)
        self.assertEqual(error.id, "artgen.E004")
        self.assertIn(f"urllib3 {metadata.version('urllib3')} is installed, but urllib3-future 2.25.904", error.msg)
        self.assertIn("URLLIB3_NO_OVERRIDE=1", error.hint)
