"""What the cells say, as one expression over all rows, and what was not read."""
