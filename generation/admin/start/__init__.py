"""The start page: what needs a person, charts, alerts, announcements, the switch."""

from generation.admin.start import alerts, announcements, attention, generation_switch

__all__ = ["alerts", "announcements", "attention", "generation_switch"]
