"""The pages: what a reader of a mail sees and does in a browser."""
