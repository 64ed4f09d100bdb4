"""The REST API of jobs and images. Each operation reads its request, makes one call, and responds."""
