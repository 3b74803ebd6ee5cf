"""Many runs of one lab: what changed from one to another, what drifted, and which failures are known. Pure but for
`saved`, which reads runs."""
