"""What clients ask for and pay: from the hold to the settlement."""
