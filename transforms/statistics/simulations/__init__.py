"""How often the statistics are right on data whose truth is known; seeded, so always the same."""
