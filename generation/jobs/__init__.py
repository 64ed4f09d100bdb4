"""Jobs from placement to the stored images: state, scheduling, providers, webhooks and sockets."""
