"""Trees: folders that name the classes of their images, and perhaps the patients."""
