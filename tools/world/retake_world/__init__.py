"""The procedural world the demo model learns: renderer, data, training and export."""
