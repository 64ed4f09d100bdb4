"""`python -m generation.demo.emulator`: the emulator without Django. Its key is RUNPOD_API_KEY."""

import argparse
import os

from . import add_arguments, serve

parser = argparse.ArgumentParser(
    prog="python -m generation.demo.emulator", description="Emulates RunPod."
)
add_arguments(parser)
serve(api_key=os.environ.get("RUNPOD_API_KEY") or None, **vars(parser.parse_args()))
