"""From a request to a queued job: `orders` place, `quotes` and `page_quotes` only ask."""
