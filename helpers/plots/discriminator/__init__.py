"""Figures of the discriminator and the generator at work."""
