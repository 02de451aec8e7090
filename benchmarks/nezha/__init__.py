"""Recorded faults of a ten-service shop (Nezha, Online Boutique): how often the faulty service comes first.

Yu et al., "Nezha: Interpretable Fine-Grained Root Causes Analysis for Microservices on Multi-modal Observability
Data", ESEC/FSE 2023. The cases are bundles in the engine's own format; `benchmarks/data/nezha` holds a few of them, the
rest is a folder of the same form.
"""
