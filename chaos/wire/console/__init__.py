"""What the operator consoles say and what is said to them: the VOS admin CLI, and `sc.exe` on Windows. Sans-IO."""
