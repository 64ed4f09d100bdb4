"""HTTP to servers that may be anywhere, hang or lie: connections, deadlines, downloads."""
