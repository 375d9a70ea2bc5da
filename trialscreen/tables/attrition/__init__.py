"""How a cohort narrows from all who were assessed to the eligible."""
