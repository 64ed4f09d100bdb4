"""Short names of the programs that use tokens, read from the User-Agent header."""

from accounts.sessions import browser_names

NAMES = {
    "openai/python": "OpenAI for Python",
    "asyncopenai/python": "OpenAI for Python",
    "openai/js": "OpenAI for JavaScript",
    "claude-code": "Claude Code",
    "claude-user": "Claude",
    "litellm": "LiteLLM",
    "python-requests": "Python",
    "python-httpx": "Python",
    "python-httpx2": "Python",
    "node": "Node.js",
    "node-fetch": "Node.js",
}
"""By the beginning of the header, in lower case. LibreChat sends "OpenAI/JS 5.10", n8n "n8n"."""


def name_of(user_agent: str) -> str:
    """Return such as "Claude Code"; of an unknown program what stands before the version."""
    if user_agent.startswith("Mozilla/") and (browser := browser_names.describe(user_agent)):
        return browser
    product = user_agent.partition(" ")[0]
    name = product.partition("/")[0]
    return NAMES.get(product.lower()) or NAMES.get(name.lower()) or name
