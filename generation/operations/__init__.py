"""What operators run: doctor, monitor, metrics, cleanup, system checks, load test."""
