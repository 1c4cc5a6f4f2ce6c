"""Which files are meant, and their tables as text, whatever the format."""
