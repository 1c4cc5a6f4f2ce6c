"""What goods weigh and cost."""
