"""What a description says: chip, number of chips, kind of goods."""
