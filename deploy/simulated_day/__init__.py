"""A day of jobs in virtual time, to prove that promised waiting times are kept.

Users, RunPod's workers and ArtGen's steps are simulated; the waiting times come from `jobs.eta`,
the order of the queue from `jobs.queue.queue_positions`.
"""
