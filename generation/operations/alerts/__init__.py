"""Alerts without Prometheus: by email to staff, and to a webhook.

A thread of the worker (`watching`) checks the installation twice a minute, without messages.
"""
