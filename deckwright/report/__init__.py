"""What happened → what people and machines read. Nothing here prints: the commands do."""
