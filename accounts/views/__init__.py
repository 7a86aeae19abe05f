"""Signing in and out, one's own security page, the second factor, and the ministry's provider."""
