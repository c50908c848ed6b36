"""Pure functions of calendars: what recurs when, what is allowed then, and what overlaps.

Instants are aware and in UTC, intervals half-open, wall clocks those of the rule's own zone.
Nothing here reads a file, a table or a clock.
"""
