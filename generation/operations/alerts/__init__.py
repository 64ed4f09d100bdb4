"""Alerts without Prometheus: by email to staff, and to a webhook.

A process that the worker forks (`watching`) checks the installation twice a minute, without Celery.
"""
