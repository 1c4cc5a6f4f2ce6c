"""Which column is which, by headers and contents; one text table of all sheets."""
