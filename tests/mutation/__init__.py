"""Mutation of the mock: one small change of the product's code at a time, and whether the suites notice."""
