"""The site: start page, status, announcements, metrics, files on disk."""
