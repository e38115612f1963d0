"""Commands that measure: every number in README comes from one of them."""

import helpers  # noqa: F401  (a Python without our packages is told so in one sentence)
