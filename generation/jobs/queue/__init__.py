"""The queue of each model: positions, and which job is next."""
