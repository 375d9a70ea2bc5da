"""One patient against one trial: the findings, and what follows from them."""
