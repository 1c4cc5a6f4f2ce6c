"""What do countries' own statistics say? Not built yet; it will use records only."""
