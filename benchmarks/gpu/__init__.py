"""What is measured and checked on a real GPU: ``python -m benchmarks.gpu``."""
