"""A load test: simulated people who use a running ArtGen over HTTP and sockets. Behind `manage.py loadtest`."""
