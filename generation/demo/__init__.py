"""The RunPod emulator, its painter and the sample gallery. Needs the dependency group `demo`."""
