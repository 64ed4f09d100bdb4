"""The page that says how to connect a program: its settings, a token, and what has arrived."""
