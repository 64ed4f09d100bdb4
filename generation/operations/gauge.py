"""Gauges of Prometheus from plain numbers."""

from collections.abc import Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily


def gauge(
    name: str, text: str, values: float | Mapping[Any, float], *labels: str
) -> GaugeMetricFamily:
    if not isinstance(values, Mapping):
        return GaugeMetricFamily(name, text, values)
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric([key] if isinstance(key, str) else key, value)
    return family
