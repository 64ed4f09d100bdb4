"""Who is signed in: sessions and devices, their sockets, second factor, time zone."""
