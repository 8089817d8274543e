"""Stand-ins: what takes a real part's place in the box where the real part needs hardware or a network."""
