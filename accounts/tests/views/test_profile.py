from datetime import UTC, datetime

from django.utils import timezone

from generation.testing.cases import BaseTestCase


class TestProfile(BaseTestCase):
    url = "/account/profile/"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def test_it_changes_name_language_and_time_zone(self) -> None:
        response = self.client.post(
            self.url, {"name": "Алиса", "language": "ru", "time_zone": "Asia/Vladivostok"}
        )
        self.assertRedirects(response, self.url, fetch_redirect_response=False)
        self.alice.refresh_from_db()
        assert (self.alice.name, self.alice.language, self.alice.time_zone) == (
            "Алиса",
            "ru",
            "Asia/Vladivostok",
        )
        self.assertContains(self.client.get(self.url), "Часовой пояс")

    def test_it_leaves_the_balance_alone(self) -> None:
        self.client.post(
            self.url,
            {
                "name": "x",
                "credits": "999",
                "held": "9",
                "email": "bob2@example.org",
                "is_staff": "on",
            },
        )
        self.alice.refresh_from_db()
        assert (self.alice.name, self.alice.credits, self.alice.held) == ("x", 100, 0)
        assert (self.alice.email, self.alice.is_staff) == ("alice@example.org", False)

    def test_it_refuses_what_is_not_on_offer(self) -> None:
        for change in ({"language": "tlh"}, {"time_zone": "Mars/Base"}, {"name": "x" * 101}):
            assert self.client.post(self.url, {"name": "x", **change}).status_code == 200
        self.alice.refresh_from_db()
        assert (self.alice.name, self.alice.language) == ("", "en")

    def test_it_forgets_an_earlier_choice_for_the_browsers_setting(self) -> None:
        response = self.client.post(self.url, {"name": "", "language": "", "time_zone": ""})
        assert response.cookies["django_language"]["max-age"] == 0


class TestTimeZone(BaseTestCase):
    def test_it_shows_the_users_own_time(self) -> None:
        at = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)
        self.client.force_login(self.alice)
        self.alice.tokens.create(name="clock", digest="0" * 64, prefix="ag_00000", last_used_at=at)
        self.alice.time_zone = "Asia/Vladivostok"
        self.alice.save(update_fields=["time_zone"])
        self.assertContains(self.client.get("/account/tokens/"), "8:30")
        self.alice.time_zone = "America/New_York"
        self.alice.save(update_fields=["time_zone"])
        self.assertContains(self.client.get("/account/tokens/"), "17:30")
        assert timezone.get_current_timezone_name() == "Europe/Moscow"
