"""Packages (``.apkg``): written from dated notes, and read back."""
