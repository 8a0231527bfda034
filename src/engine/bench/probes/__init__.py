"""Benchmarks of the shipped package, through its public door, against the budgets of systems."""
