"""System checks: what would only hurt later is refused at the start, with what to do."""

from artgen.environment import setting_checks


class TestLimits:
    def test_it_is_silent_with_the_defaults(self):
        assert setting_checks.limits(None) == []

    def test_it_refuses_what_would_only_hurt_later(self, settings):
        settings.MAX_WAITING_PER_USER = 0
        settings.URL_EXPIRY_SECONDS = 10**6
        settings.MFA_REQUIRED = "all"
        assert [error.msg for error in setting_checks.limits(None)] == [
            "MAX_WAITING_PER_USER is 0: it must be from 1 to 1000000.",
            "URL_EXPIRY_SECONDS is 1000000: it must be from 1 to 604800.",
            "MFA_REQUIRED is 'all': it must be one of nobody, staff, everybody.",
        ]
