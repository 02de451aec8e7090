"""Recorded faults of a pet shop in the cloud (PetShop): how often the faulty component comes first.

Hardt et al., "The PetShop Dataset: Finding Causes of Performance Issues across Microservices", CLeaR 2024. The
published protocol: given the call graph, the target's node, metric and statistic, 589 normal rows and five abnormal
ones, rank the nodes; a hit is the labelled node among the first k.
"""
