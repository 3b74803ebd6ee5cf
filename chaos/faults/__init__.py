"""What we break, how it is seen to bite, and how it is undone."""
