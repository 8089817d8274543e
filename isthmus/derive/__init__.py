"""Desired state, derived from a resolved federation: pure, per stack, without engine or network.

A stack is the unit of ownership and of failure: one per cloud for what its
sites share, one per site for what the site's institution owns.
"""
