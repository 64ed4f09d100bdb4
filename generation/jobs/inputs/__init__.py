"""What the provider gets for a job: source images, masks, parameters, addresses."""
