"""``python -m chipflow``."""

from chipflow.cli import main

main()
