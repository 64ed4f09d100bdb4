"""WaveSpeed: its queue API. Its models name parameters as RunPod's public endpoints do."""
