"""Those who use the product: for now agents at work, by REST and events."""
