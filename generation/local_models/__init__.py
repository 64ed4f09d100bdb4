"""A model on this machine: files pinned by SHA-256, a process that draws, OpenAI's image API.

`manage.py local_model NAME|FILE` and `make run MODEL=NAME|FILE` serve one model on
loopback. Nothing here imports Django: to the studio it is a server at IMAGE_SERVER_URL.
"""
