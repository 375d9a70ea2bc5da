"""`python -m trialscreen`."""

from trialscreen.cli import main

main()
