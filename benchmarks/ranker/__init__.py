"""How well the ranker learns: from few labels, from wrong ones, and from data sets it was not trained on."""
