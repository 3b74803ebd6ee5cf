"""Tests of the defects: their list, and how they are narrowed."""
