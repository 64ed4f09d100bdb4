"""Load test: simulated users of a running ArtGen, over HTTP and sockets (`make loadtest`)."""
