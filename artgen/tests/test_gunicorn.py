"""deploy/gunicorn.conf.py: what it does around the loading of the application."""

import gc
import runpy

from django.conf import settings
from django.test import SimpleTestCase


class GarbageTests(SimpleTestCase):
    def test_it_collects_garbage_once_the_application_is_loaded(self):
        config = runpy.run_path(str(settings.BASE_DIR / "deploy" / "gunicorn.conf.py"))
        self.addCleanup(gc.unfreeze)
        self.addCleanup(gc.enable)
        config["post_fork"](None, None)
        self.assertFalse(gc.isenabled())
        config["post_worker_init"](None)
        self.assertTrue(gc.isenabled())
