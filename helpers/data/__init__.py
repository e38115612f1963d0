"""A step of the tutorial."""
