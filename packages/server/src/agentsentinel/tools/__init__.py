"""Classification of tools by their names."""
