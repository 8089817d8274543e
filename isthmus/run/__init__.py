"""Runs: what `up`, `down` and `adopt` do to the world, through the Pulumi engine; locked, journalled, verified."""
