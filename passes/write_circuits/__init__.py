"""Circuits that leave qffc: text and bytes of other packages' formats, with numbers or with inputs in their place."""
