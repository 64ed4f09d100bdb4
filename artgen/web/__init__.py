"""What all pages share: theme, formats, headers, redirects, shortcuts, the installed app."""
