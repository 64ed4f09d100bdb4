"""What people see of a job meanwhile: its JSON, words, events and sockets."""
