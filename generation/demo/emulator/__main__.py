"""`python -m generation.demo.emulator`: the emulator without Django. Its key is RUNPOD_API_KEY."""

import argparse
import os

from . import add_arguments, read_options, serve

parser = argparse.ArgumentParser(
    prog="python -m generation.demo.emulator", description="Emulates RunPod."
)
add_arguments(parser)
arguments = vars(parser.parse_args())
serve(
    read_options(arguments, api_key=os.environ.get("RUNPOD_API_KEY") or None),
    exit_with_parent=arguments["exit_with_parent"],
)
