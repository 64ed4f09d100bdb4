"""Backups of database and bucket in one folder, and their restoration."""
