"""From the queue to the stored image: lifecycle, driver, storing, outages, webhooks."""
