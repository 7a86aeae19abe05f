"""How dates are written where a page says nothing else: the same in both languages (FORMAT_MODULE_PATH)."""
