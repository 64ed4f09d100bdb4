"""What tests put into the database and the bucket."""
