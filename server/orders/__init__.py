"""From cart to hand-over: orders, stock, pickup, gift boxes."""
