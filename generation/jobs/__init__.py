"""Jobs from placement to the stored images: state, scheduling, RunPod, webhooks and sockets."""
