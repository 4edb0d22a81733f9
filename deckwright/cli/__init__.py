"""The command line. Empty, so that the way in (``start``) is all that a build with nothing to do imports."""
