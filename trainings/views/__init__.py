"""Screens of the catalogue and of a running class, one module per part."""
