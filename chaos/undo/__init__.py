"""What is owed to a lab: the log of undo entries, and one performer for each kind of entry."""
