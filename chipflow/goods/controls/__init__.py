"""What dated rules asked for goods on their way."""
