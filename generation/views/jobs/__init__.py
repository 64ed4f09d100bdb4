"""Jobs: cards, runs, the feed, the page of one job."""
