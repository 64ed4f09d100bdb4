"""`artgen.beat`: it knows tasks by their names alone, so these must be names of tasks."""

from django.test import SimpleTestCase

from artgen import beat, celery


class ClockTests(SimpleTestCase):
    def test_it_calls_tasks_that_the_workers_have(self):
        celery.app.loader.import_default_modules()
        schedule = beat.app.conf.beat_schedule
        self.assertEqual(
            {name: entry["task"] for name, entry in schedule.items()},
            {
                "tick": "generation.tick",
                "sweep": "generation.clean_up",
                "emails": "accounts.send_emails",
            },
        )
        self.assertEqual(
            {entry["task"] for entry in schedule.values()} - set(celery.app.tasks), set()
        )

    def test_its_messages_go_where_the_workers_listen(self):
        self.assertEqual(beat.app.conf.broker_url, celery.app.conf.broker_url)
        self.assertEqual(beat.app.conf.task_default_queue, celery.app.conf.task_default_queue)
