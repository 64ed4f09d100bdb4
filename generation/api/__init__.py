"""The REST API of jobs and pictures: each view reads the request, makes one call inward, and writes the answer.

Limits are checked by `catalog` alone; `shapes` only describes requests and answers for OpenAPI.
"""
