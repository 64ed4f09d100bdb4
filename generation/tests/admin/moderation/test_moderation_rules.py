"""The admin of rules: what is refused, and the trial with recent prompts."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generation.models import ModerationRule, RulesVersion
from generation.testing.rows.gallery import SharingTestCase

RULES = "/admin/generation/moderationrule/"
FORM = {
    "kind": "words",
    "pattern": " hill \n\nGun ",
    "inflections": "on",
    "category": "violence",
    "action": "refuse",
    "at_placing": "on",
    "enabled": "on",
    "note": "",
}


class TestRuleAdmin(SharingTestCase):
    """The only prompt is “tea hills in mist”."""

    def setUp(self):
        super().setUp()
        self.client.force_login(self.staff)

    def try_rule(self, **form):
        return self.client.post(f"{RULES}try/", {**FORM, **form}, headers={"X-Part": "1"})

    def refused(self, text, **form):
        answer = self.client.post(f"{RULES}add/", {**FORM, **form})
        self.assertContains(answer, text)
        assert ModerationRule.objects.count() == 0

    def test_it_adds_and_lists_a_rule(self):
        self.client.post(f"{RULES}add/", FORM)
        rule = ModerationRule.objects.get()
        assert (rule.pattern, rule.at_placing, rule.at_publishing) == ("hill\n\nGun", True, False)
        self.assertContains(self.client.get(RULES), "hill, Gun")
        self.client.post(f"{RULES}{rule.pk}/change/", {**FORM, "pattern": "sea"})
        assert ModerationRule.objects.get().pattern == "sea"

    @pytest.mark.slow
    def test_it_disables_thousands_at_once(self):
        rules = [ModerationRule(pattern=f"gun{n}") for n in range(3000)]
        ModerationRule.objects.bulk_create(rules)
        version = RulesVersion.objects.get().version
        form = {"action": "disable", "select_across": "1", "_selected_action": str(rules[0].pk)}
        with CaptureQueriesContext(connection) as queries:
            self.client.post(RULES, form)
        assert len(queries) < 40
        assert not ModerationRule.objects.filter(enabled=True).exists()
        assert RulesVersion.objects.get().version != version
        entries = LogEntry.objects.filter(change_message="disabled")
        assert entries.count() == 3000
        self.client.post(RULES, form | {"action": "enable"})
        assert ModerationRule.objects.filter(enabled=True).count() == 3000

    def test_it_refuses_what_would_never_or_always_match(self):
        self.refused("Enter at least one word.", pattern="!!")
        self.refused("It matches an empty text", kind="regex", pattern="a*")
        self.refused("Not a valid regular expression", kind="regex", pattern="(")
        self.refused("Up to 500 characters.", kind="regex", pattern="a" * 501)
        form = {name: value for name, value in FORM.items() if name != "at_placing"}
        answer = self.client.post(f"{RULES}add/", form)
        self.assertContains(answer, "Choose where the rule applies.")

    def test_it_refuses_expressions_that_would_take_all_memory(self):
        for pattern in ("a{99999999}", "(?:(?:a{9999}){9999}){9999}"):
            with self.subTest(pattern):
                self.refused("It repeats too much", kind="regex", pattern=pattern)

    @pytest.mark.slow
    def test_it_refuses_slow_expressions(self):
        for pattern in (r"(a+)+$", r"(\w+\s?)+$", r"(a|aa)+$", "(?R)"):
            with self.subTest(pattern):
                self.refused("It is too slow", kind="regex", pattern=pattern)

    def test_it_tries_a_rule_that_is_not_saved(self):
        answer = self.try_rule()
        self.assertContains(answer, "Matches 1 of 1 recent prompts.")
        self.assertContains(answer, "<mark>hills</mark>")
        self.assertContains(self.try_rule(pattern="sea"), "Matches 0 of 1 recent prompts.")
        self.assertContains(self.try_rule(try_text="many guns"), "<mark>guns</mark>")
        self.assertContains(self.try_rule(try_text="a boat"), "The rule doesn’t match.")
        self.assertContains(self.try_rule(kind="regex", pattern="("), "Not a valid")
        assert ModerationRule.objects.count() == 0
        page = self.client.post(f"{RULES}try/", FORM)  # without script: a page of its own
        self.assertContains(page, "<html")

    def test_it_shows_prompts_only_to_who_may_see_jobs_and_logs_it(self):
        editor = self.make_user("editor@example.org", is_staff=True)
        editor.user_permissions.add(Permission.objects.get(codename="add_moderationrule"))
        self.client.force_login(editor)
        answer = self.try_rule()
        self.assertContains(answer, "you need the permission to view jobs")
        self.assertNotContains(answer, "hills")
        self.assertContains(self.try_rule(try_text="many guns"), "<mark>guns</mark>")
        assert not LogEntry.objects.exists()
        editor.user_permissions.add(Permission.objects.get(codename="view_job"))
        self.assertContains(self.try_rule(), "<mark>hills</mark>")
        assert LogEntry.objects.get().change_message == "tried on recent prompts: 1 matched"
        self.client.force_login(self.staff)
        log = self.client.get("/admin/accounts/auditentry/")
        self.assertContains(log, "tried on recent prompts: 1 matched")

    def test_it_turns_rules_off_and_deletes_them_and_says_so_to_all_processes(self):
        rule = ModerationRule.objects.create(pattern="gun")
        for action in ("disable", "enable", "delete_selected"):
            version = RulesVersion.objects.get().version
            data = {"action": action, "_selected_action": [str(rule.pk)], "post": "yes"}
            self.client.post(RULES, data)
            assert RulesVersion.objects.get().version != version
        assert ModerationRule.objects.count() == 0
