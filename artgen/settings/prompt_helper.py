"""Translates and enhances prompts, and describes images: an OpenAI-compatible text endpoint."""

from artgen.environment.env import env

# Translates and enhances prompts: an OpenAI-compatible address, of RunPod or of another server.
PROMPT_HELPER_URL = env.str("PROMPT_HELPER_URL", default="").rstrip("/")
PROMPT_HELPER_MODEL = env.str("PROMPT_HELPER_MODEL", default="")
# The model there that sees images, which may be the same one; empty: images are not described.
PROMPT_HELPER_VISION_MODEL = env.str("PROMPT_HELPER_VISION_MODEL", default="")
# Empty: RUNPOD_API_KEY, if the address is at RUNPOD_BASE_URL.
PROMPT_HELPER_API_KEY = env.str("PROMPT_HELPER_API_KEY", default="")
PROMPT_HELPER_OPTIONS = env.json("PROMPT_HELPER_OPTIONS", default={})
PROMPT_HELPER_SECONDS = env.float("PROMPT_HELPER_SECONDS", default=20)
PROMPT_HELPER_TRANSLATE_CREDITS = env.int("PROMPT_HELPER_TRANSLATE_CREDITS", default=0)
PROMPT_HELPER_ENHANCE_CREDITS = env.int("PROMPT_HELPER_ENHANCE_CREDITS", default=1)
PROMPT_HELPER_DESCRIBE_CREDITS = env.int("PROMPT_HELPER_DESCRIBE_CREDITS", default=1)
# What a call costs in dollars, counted by budgets; 0: unknown, calls are not in budgets.
PROMPT_HELPER_CALL_USD = env.decimal("PROMPT_HELPER_CALL_USD", default="0")
PROMPT_HELPER_PER_MINUTE = env.int("PROMPT_HELPER_PER_MINUTE", default=10)
PROMPT_HELPER_PER_DAY = env.int("PROMPT_HELPER_PER_DAY", default=200)
