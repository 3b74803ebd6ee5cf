"""What keeps a lab safe from us: one run at a time (lease), and healing whatever happens (guard, reaper, by hand)."""
