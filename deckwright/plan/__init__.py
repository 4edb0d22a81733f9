"""What importing the next package will do in Anki, before it is done."""
