"""Limits by address."""

from uuid import uuid4

import pytest
from django.test import RequestFactory

from accounts.rate_limits import TooManyTries, spend


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    """A client has a whole /64."""
    group = uuid4().hex

    def use(address: str) -> None:
        request = RequestFactory().post("/", REMOTE_ADDR=address)
        spend(request, group=group, key="ip", rate="2/h")

    use("2001:db8:1:2::1")
    use("2001:db8:1:2:ffff::9")
    with pytest.raises(TooManyTries):
        use("2001:db8:1:2:0:a0a::")
    use("2001:db8:1:3::1")
