"""Tools for operators: doctor, monitor, metrics, cleanup, system checks, load test."""
