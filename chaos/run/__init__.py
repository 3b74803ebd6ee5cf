"""One run: session and loop, the mock's launcher, what is selected, interrupts, and what a run leaves behind."""
