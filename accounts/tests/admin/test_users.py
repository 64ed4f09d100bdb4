"""The page of a user in the admin: search, limits, usage, links; and the list of devices."""

from uuid import uuid4

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.sessions import sessions
from generation.testing.cases import BaseTestCase, make_user

USERS = "/admin/accounts/user/"
DEVICES = "/admin/usersessions/usersession/"


class AdminTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})
        self.client.force_login(self.staff)


class TestUserPage(AdminTestCase):
    def page(self) -> str:
        return self.client.get(f"{USERS}{self.alice.pk}/change/").content.decode()

    def test_it_finds_a_user_by_id_email_and_name(self) -> None:
        make_user("carl@example.org", name="Carl Cox")
        for query in (str(self.alice.pk), "ALICE@", " alice@example.org "):
            page = self.client.get(USERS, {"q": query})
            self.assertContains(page, "alice@example.org")
            self.assertNotContains(page, "bob@example.org")
        self.assertContains(self.client.get(USERS, {"q": "cox"}), "carl@example.org")
        self.assertNotContains(self.client.get(USERS, {"q": str(uuid4())}), "alice@example.org")

    def test_it_keeps_a_note_on_the_person_out_of_the_log(self) -> None:
        path = f"{USERS}{self.alice.pk}/change/"
        form = self.client.get(path).context["adminform"].form
        data = {name: value for name, value in form.initial.items() if value}
        response = self.client.post(path, data | {"staff_note": "Called twice"})
        assert response.status_code == 302, response.context["errors"]
        assert "Called twice" in self.page()
        (log,) = LogEntry.objects.values_list("change_message", flat=True)
        assert "note" in log
        assert "Called" not in log


class TestDevices(AdminTestCase):
    def test_it_lists_sessions_and_ends_them(self) -> None:
        other = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})
        other.post("/accounts/login/", {"username": "alice@example.org", "password": "password"})
        assert "_auth_user_id" in other.session
        page = self.client.get(DEVICES, {"user__id__exact": str(self.alice.pk)})
        self.assertContains(page, "Firefox")
        session = UserSession.objects.get(user=self.alice)
        chosen = {"action": "end", "_selected_action": [session.pk]}
        self.client.post(DEVICES, chosen)
        assert other.get("/api/v1/account/").status_code == 401
        assert "signed out on one device" in LogEntry.objects.get().change_message
        self.assertNotContains(self.client.get(DEVICES), "Firefox")

    def test_it_ends_no_session_of_staff_for_others(self) -> None:
        helper = make_user("helper@example.org", is_staff=True)
        helper.user_permissions.set(Permission.objects.all())
        UserSession.objects.create(
            user=self.staff,
            ip="127.0.0.1",
            user_agent="x",
            session_key=sessions.hash_of(self.client.session.session_key),
        )
        session = UserSession.objects.get(user=self.staff)
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(helper)
        response = client.post(
            DEVICES, {"action": "end", "_selected_action": [session.pk]}, follow=True
        )
        self.assertContains(response, "Only a superuser can change accounts of staff.")
        assert self.client.get("/api/v1/account/").status_code == 200
