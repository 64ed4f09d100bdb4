"""The API of AUTOMATIC1111's web UI, below /sdapi/v1/, as far as programs use it.

https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API
"""
