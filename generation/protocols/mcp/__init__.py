"""The Model Context Protocol: tools for assistants, over our own API.

https://modelcontextprotocol.io/specification. Only `endpoint` is imported by all processes: the
package `mcp` takes 29 MB and 0.7 s, so the ASGI process imports `server` when it is first called.
"""
