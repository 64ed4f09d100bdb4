"""`artgen.processes.beat`: it knows tasks by their names alone, so these must be names of tasks."""

from artgen.processes import beat, celery


class TestClock:
    def test_it_calls_tasks_that_the_workers_have(self):
        celery.app.loader.import_default_modules()
        schedule = beat.app.conf.beat_schedule
        assert {name: entry["task"] for name, entry in schedule.items()} == {
            "tick": "generation.tick",
            "sweep": "generation.clean_up",
            "prompt_calls": "generation.release_prompt_calls",
            "emails": "accounts.send_emails",
        }
        assert {entry["task"] for entry in schedule.values()} - set(celery.app.tasks) == set()

    def test_it_sends_messages_where_the_workers_listen(self):
        assert beat.app.conf.broker_url == celery.app.conf.broker_url
        assert beat.app.conf.task_default_queue == celery.app.conf.task_default_queue
