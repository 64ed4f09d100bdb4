"""The REST API of jobs and images. An operation reads its request, makes one call, and responds."""
