"""A job from the order to the stored images: its state, who is next, RunPod and the socket."""
