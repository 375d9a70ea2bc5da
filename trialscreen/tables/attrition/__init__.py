"""Attrition: how a cohort narrows from all patients assessed to the eligible ones."""
