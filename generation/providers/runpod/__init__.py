"""RunPod: its queue API, its bill, and its endpoints that write text."""
