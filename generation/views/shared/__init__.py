"""What others see: shared images and collections, Explore, saved copies."""
