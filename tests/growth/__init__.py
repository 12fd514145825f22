"""What a read costs may not grow with what is stored: pages touched and plans, at two sizes. No clocks."""
