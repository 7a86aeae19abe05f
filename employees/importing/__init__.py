"""The imports of formats.md: one engine, one module per kind of file."""
