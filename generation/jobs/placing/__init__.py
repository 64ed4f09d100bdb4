"""From a request to a queued job: validation, price, credits, admission."""
