"""The REST API of jobs and images. Each view reads the request, makes one call, and responds.

Limits are checked by `catalog` alone; `shapes` only describes requests and answers for OpenAPI.
"""
