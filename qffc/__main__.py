"""``python -m qffc`` is the command ``qffc``."""

from qffc.cli import main

if __name__ == "__main__":
    main()
