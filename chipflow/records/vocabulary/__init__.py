"""What words mean, in any language: columns, countries, currencies, units, numerals."""
