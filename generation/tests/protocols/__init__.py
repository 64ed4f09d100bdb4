"""Tests of other services’ APIs."""
