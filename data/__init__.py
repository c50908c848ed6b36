"""Data that Leadline makes itself: the sample company and larger estates."""
