"""OpenAI's API of images, below /v1/: https://platform.openai.com/docs/api-reference/images"""
