"""The browser's time zone, at the first sign-in of a user who has none."""

from django.utils import timezone

from accounts.models import User
from generation.testing.cases import BaseTestCase

ADDRESS = "/account/time-zone/"
ATTRIBUTE = f'data-time-zone-to="{ADDRESS}"'


class TestTimeZone(BaseTestCase):
    def sign_in(self) -> None:
        self.client.post("/accounts/login/", {"username": self.alice.email, "password": "password"})

    def zone(self) -> str:
        return User.objects.values_list("time_zone", flat=True).get(pk=self.alice.pk)

    def test_it_is_asked_for_and_stored_once(self) -> None:
        self.sign_in()
        self.assertContains(self.client.get("/account/"), ATTRIBUTE)
        assert self.client.post(ADDRESS, {"time_zone": "Asia/Omsk"}).status_code == 204
        assert self.zone() == "Asia/Omsk"
        self.assertNotContains(self.client.get("/account/"), ATTRIBUTE)
        self.client.post(ADDRESS, {"time_zone": "Asia/Tokyo"})
        assert self.zone() == "Asia/Omsk"

    def test_it_is_not_asked_for_at_a_later_sign_in(self) -> None:
        User.objects.filter(pk=self.alice.pk).update(last_login=timezone.now())
        self.sign_in()
        self.assertNotContains(self.client.get("/account/"), ATTRIBUTE)
        self.client.post(ADDRESS, {"time_zone": "Asia/Omsk"})
        assert self.zone() == ""  # "Same as server" may have been chosen

    def test_it_does_not_replace_one_that_was_chosen_meanwhile(self) -> None:
        self.sign_in()
        User.objects.filter(pk=self.alice.pk).update(time_zone="Asia/Tokyo")
        assert self.client.post(ADDRESS, {"time_zone": "Asia/Omsk"}).status_code == 204
        assert self.zone() == "Asia/Tokyo"

    def test_it_ignores_names_of_no_time_zone(self) -> None:
        for name in ("Mars/Base", "", "../../etc/passwd", "\0", "x" * 100_000, "asia/omsk"):
            User.objects.filter(pk=self.alice.pk).update(last_login=None)
            self.sign_in()
            assert self.client.post(ADDRESS, {"time_zone": name}).status_code == 204
            assert self.zone() == ""
            self.client.logout()
