"""What is read from the environment, before and without Django's settings."""
