"""Who may do what at which address: tries every route as every identity with every method.

`rules` is the table to edit. `python -m generation.testing.isolation` prints what is tried.
"""
