"""Pages that show published numbers in words and pictures; they compute none themselves."""
