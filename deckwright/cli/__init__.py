"""The command line. Empty, so that the entry point (``start``) is all that a build with nothing to do imports."""
