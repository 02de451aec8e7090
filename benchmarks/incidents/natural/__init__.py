"""Dated events that really happened, served to models really trained on the time before them."""
