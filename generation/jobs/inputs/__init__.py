"""What RunPod gets for a job: source images, masks, parameters, addresses."""
