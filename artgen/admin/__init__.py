"""The frame of the admin: site, start page's list, base classes and actions that all apps use."""
