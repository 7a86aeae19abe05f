"""The imports of the catalogue, the classes and the training history (formats.md)."""
