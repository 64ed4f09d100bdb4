"""`make chaos`: ArtGen under faults of every kind, and proof that no job or credit was lost."""
