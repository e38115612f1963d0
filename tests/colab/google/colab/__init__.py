"""A stand-in for Colab's own module: the parts that a notebook may call, without Google behind them."""

from . import drive, output

__all__ = ["drive", "output"]
