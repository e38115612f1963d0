"""Commands that measure: every number in README comes from one of them."""
