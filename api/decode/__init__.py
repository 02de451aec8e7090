"""From bodies as tools send them to deliveries."""
