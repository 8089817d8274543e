"""Plans: what would change, why, whom it touches, and how to undo it. A plan is a value."""
