"""Money: double entry in micro-credits, append-only, with lots, holds and one settlement for each hold."""
