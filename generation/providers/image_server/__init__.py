"""Servers with OpenAI's image API: Yandex AI Studio, OpenAI, Together, LocalAI, sd.cpp, vLLM."""
