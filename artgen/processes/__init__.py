"""The entry of each process, and what it does while it starts and ends."""
