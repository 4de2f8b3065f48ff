"""``python -m mesoinv`` is the command ``mesoinv``."""

from mesoinv.cli import main

if __name__ == "__main__":
    main()
