"""What operators switch while the product runs: rows that every process follows within a second."""
